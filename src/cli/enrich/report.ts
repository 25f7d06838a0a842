import { spreadOf, type Spread } from '../../lib/percentile.ts';
import { plainForTerminal } from '../../lib/terminal-text.ts';
import type { Paint } from '../terminal/io.ts';
import { hasFailed, type Result } from './results.ts';
import { right, table } from '../terminal/table.ts';

export interface RunSummary {
  readonly conversations: number;
  readonly succeeded: number;
  readonly failed: number;
  /** Left out by a rule, such as those that had ended: they count neither way. */
  readonly skipped: number;
  /** 0 to 100, with two decimals; `null` when all were skipped. */
  readonly successRate: number | null;
  readonly latencyMs: Spread;
  readonly platformRequests: number;
  readonly proofRequests: number;
  readonly failures: Readonly<Record<string, string>>;
}

export function summarize(results: readonly Result[]): RunSummary {
  const failed = results.filter(hasFailed);
  const skipped = results.filter(isSkipped).length;
  const sum = (pick: (result: Result) => number): number =>
    results.reduce((total, result) => total + pick(result), 0);
  const succeeded = results.length - failed.length - skipped;
  const counted = results.length - skipped;
  return {
    conversations: results.length,
    succeeded,
    failed: failed.length,
    skipped,
    successRate: counted === 0 ? null : Math.round((succeeded / counted) * 10_000) / 100,
    latencyMs: spreadOf(results.flatMap((result) => result.latencyMs ?? [])),
    platformRequests: sum((result) => result.platformRequests),
    proofRequests: sum((result) => result.proofRequests),
    failures: Object.fromEntries(
      failed.map((result) => [result.conversationId, whyFailed(result)]),
    ),
  };
}

const isSkipped = (result: Result): boolean => result.result === 'skipped' && !hasFailed(result);

function whyFailed(result: Result): string {
  if (result.result === 'pending' && result.reason !== undefined) return result.reason;
  if (!result.isFinal) return 'not finished in time; the ledger goes on with it at the next run';
  if (result.message !== undefined) return result.message;
  if (result.reason !== undefined) return result.reason;
  return [...result.keys].map(([key, state]) => `${key}: ${state}`).join(', ');
}

/** A row a conversation, for machines: `success` is null where it was skipped; no value of an attribute is in it. */
export function toRecord(result: Result): Readonly<Record<string, unknown>> {
  const { keys, sources, isFinal, latencyMs, ...rest } = result;
  return {
    ...rest,
    success: isSkipped(result) ? null : !hasFailed(result),
    latencyMs: latencyMs === undefined ? undefined : Math.round(latencyMs),
    keys: Object.fromEntries(keys),
    sources: sources.map(({ source, answer, from }) => ({ source, answer, from })),
    finished: isFinal,
  };
}

/** A longer run lists only what needs a look; the report has all. */
const LISTED_AT_MOST = 30;

/** What a person reads at the end of a run. */
export function summaryText(results: readonly Result[], paint: Paint): string {
  const listed =
    results.length <= LISTED_AT_MOST
      ? results
      : results.filter((one) => hasFailed(one) || one.result === 'skipped');
  const parts = [
    ...(listed.length === 0 ? [] : [tableOf(listed, paint)]),
    ...(listed.length === results.length ? [] : [unlistedText(results.length, listed.length)]),
    totalText(summarize(results), paint),
  ];
  return `${parts.join('\n\n')}\n`;
}

const unlistedText = (all: number, listed: number): string =>
  `${all - listed} ${listed === 0 ? '' : 'others '}went well and are not listed; --report and --json have them all.`;

const HEADINGS = [
  'conversation',
  'outcome',
  'keys',
  right('took'),
  right('requests'),
  right('proof'),
  'why',
];

function tableOf(results: readonly Result[], paint: Paint): string {
  const rows = results.map((result) => [
    plainForTerminal(result.conversationId),
    hasFailed(result) ? paint('red', result.result) : result.result,
    keysText(result),
    durationText(result.latencyMs),
    String(result.platformRequests),
    String(result.proofRequests),
    plainForTerminal(
      hasFailed(result) ? whyFailed(result) : (result.message ?? result.reason ?? ''),
    ),
  ]);
  return table(HEADINGS, rows, paint);
}

function totalText(summary: RunSummary, paint: Paint): string {
  const { succeeded, failed, skipped, successRate, latencyMs } = summary;
  const { p50, p95, p99 } = latencyMs;
  const rate =
    successRate === null
      ? 'nothing was to be done'
      : `${succeeded} of ${succeeded + failed} succeeded (${successRate.toFixed(2)} %)`;
  return [
    paint(failed === 0 ? 'green' : 'red', rate),
    ...(skipped === 0 ? [] : [`${skipped} skipped`]),
    ...(p50 === undefined
      ? []
      : [`p50 ${durationText(p50)} · p95 ${durationText(p95)} · p99 ${durationText(p99)}`]),
    `requests: ${summary.platformRequests}, and ${summary.proofRequests} for proof`,
  ].join(' · ');
}

function durationText(ms: number | undefined): string {
  if (ms === undefined) return '–';
  return ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

function keysText({ keys }: Result): string {
  const counts = new Map<string, number>();
  for (const state of keys.values()) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts].map(([state, count]) => `${count} ${state}`).join(', ') || '–';
}
