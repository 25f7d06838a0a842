import { writeFile } from 'node:fs/promises';
import { messageOf, RapportError } from '../../domain/errors.ts';
import { spreadOf, type Spread } from '../../lib/percentile.ts';
import { textTable } from '../../lib/text-table.ts';
import type { Paint } from '../terminal/io.ts';
import { hasFailed, type Result } from './results.ts';

export interface RunSummary {
  readonly conversations: number;
  readonly succeeded: number;
  readonly failed: number;
  /** 0 to 100, with two decimals. */
  readonly successRate: number;
  readonly latencyMs: Spread;
  readonly platformRequests: number;
  readonly proofRequests: number;
  readonly failures: Readonly<Record<string, string>>;
}

export function summarize(results: readonly Result[]): RunSummary {
  const failed = results.filter(hasFailed);
  const sum = (pick: (result: Result) => number): number =>
    results.reduce((total, result) => total + pick(result), 0);
  const succeeded = results.length - failed.length;
  return {
    conversations: results.length,
    succeeded,
    failed: failed.length,
    successRate: results.length === 0 ? 0 : Math.round((succeeded / results.length) * 10_000) / 100,
    latencyMs: spreadOf(results.flatMap((result) => result.latencyMs ?? [])),
    platformRequests: sum((result) => result.platformRequests),
    proofRequests: sum((result) => result.proofRequests),
    failures: Object.fromEntries(
      failed.map((result) => [result.conversationId, whyFailed(result)]),
    ),
  };
}

function whyFailed(result: Result): string {
  if (result.result === 'pending')
    return 'not finished in time; the ledger goes on with it at the next run';
  if (result.message !== undefined) return result.message;
  if (result.reason !== undefined) return result.reason;
  return [...result.keys].map(([key, state]) => `${key}: ${state}`).join(', ');
}

/** A row a conversation, for machines; no value of an attribute is in it. */
export function toRecord(result: Result): Readonly<Record<string, unknown>> {
  const { keys, sources, isFinal, latencyMs, ...rest } = result;
  return {
    ...rest,
    success: !hasFailed(result),
    latencyMs: latencyMs === undefined ? undefined : Math.round(latencyMs),
    keys: Object.fromEntries(keys),
    sources: sources.map(({ source, answer, from }) => ({ source, answer, from })),
    finished: isFinal,
  };
}

/** Writes the report as CSV or JSON, by the file's ending. @throws {RapportError} `ERR_REPORT_FILE` */
export async function writeReport(file: string, results: readonly Result[]): Promise<void> {
  const text = file.toLowerCase().endsWith('.csv')
    ? toCsv(results)
    : `${JSON.stringify({ summary: summarize(results), conversations: results.map(toRecord) }, null, 2)}\n`;
  try {
    await writeFile(file, text);
  } catch (error) {
    throw new RapportError({
      code: 'ERR_REPORT_FILE',
      message: `the report could not be written to ${file}: ${messageOf(error)}`,
      nextStep:
        'Name a file in a folder that exists and is writable. The enrichment itself is done.',
      cause: error,
    });
  }
}

const CSV_COLUMNS = [
  'conversationId',
  'traceId',
  'success',
  'result',
  'reason',
  'latencyMs',
  'platformRequests',
  'proofRequests',
  'payloadHash',
  'keys',
] as const;

function toCsv(results: readonly Result[]): string {
  const rows = results.map((result) => {
    const record: Readonly<Record<string, unknown>> = {
      ...toRecord(result),
      keys: [...result.keys].map(([key, state]) => `${key}=${state}`).join(' '),
    };
    return CSV_COLUMNS.map((column) => csvCell(record[column])).join(',');
  });
  return `${[CSV_COLUMNS.join(','), ...rows].join('\r\n')}\r\n`;
}

/** Quoted where needed; a cell that a spreadsheet would run as a formula is made text. */
function csvCell(value: unknown): string {
  if (value === undefined || value === null) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const safe = /^[=+\-@\t\r]/.test(text) && typeof value === 'string' ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** What a person reads at the end of a run. */
export function summaryText(results: readonly Result[], paint: Paint): string {
  const summary = summarize(results);
  const rows = results.map((result) => [
    result.conversationId,
    hasFailed(result) ? paint('red', result.result) : result.result,
    keysText(result),
    result.latencyMs === undefined ? '–' : `${Math.round(result.latencyMs)} ms`,
    `${result.platformRequests}${result.proofRequests === 0 ? '' : ` + ${result.proofRequests}`}`,
    hasFailed(result) ? whyFailed(result) : (result.reason ?? ''),
  ]);
  const table = textTable(
    [
      { title: 'conversation' },
      { title: 'outcome' },
      { title: 'keys' },
      { title: 'took', align: 'right' },
      { title: 'requests', align: 'right' },
      { title: 'why' },
    ],
    rows,
  );
  const { p50, p95, p99 } = summary.latencyMs;
  const rate = `${summary.succeeded} of ${summary.conversations} succeeded (${summary.successRate.toFixed(2)} %)`;
  const took = `p50 ${p50 ?? '–'} ms · p95 ${p95 ?? '–'} ms · p99 ${p99 ?? '–'} ms`;
  return `${table}\n\n${paint(summary.failed === 0 ? 'green' : 'red', rate)} · ${took} · requests: ${summary.platformRequests}, and ${summary.proofRequests} for proof\n`;
}

function keysText({ keys }: Result): string {
  const counts = new Map<string, number>();
  for (const state of keys.values()) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts].map(([state, count]) => `${count} ${state}`).join(', ') || '–';
}
