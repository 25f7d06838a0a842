import { textTable } from '../lib/text-table.ts';
import type { PlannedConversation } from './day.ts';
import type { Spread } from '../lib/percentile.ts';
import { isVisible, type DaySummary, type Score } from './scoreboard.ts';

/** Paints text where a person reads it; the identity anywhere else. */
export type PaintWord = (word: 'good' | 'bad' | 'dim' | 'strong', text: string) => string;

/** One line as a conversation begins. */
export function beginLine(plan: PlannedConversation, atMs: number, paint: PaintWord): string {
  const arrow = plan.medium === 'voice' ? 'call' : plan.medium;
  return `${clockText(atMs)}  ${paint('dim', '→')} ${arrow.padEnd(8)}  ${plan.name.padEnd(16)}  ${paint('dim', plan.story)}`;
}

/** One line when something about a conversation is settled that was not before; undefined when nothing is worth a line. */
export function progressLine(
  before: Score,
  now: Score,
  atMs: number,
  paint: PaintWord,
): string | undefined {
  const head = (mark: string): string =>
    `${clockText(atMs)}  ${mark} ${now.plan.medium.replace('voice', 'call').padEnd(8)}  ${now.plan.name.padEnd(16)}  `;
  if (before.visibleMs === undefined && now.visibleMs !== undefined) {
    return `${head(paint('good', '✓'))}${paint('good', `visible after ${Math.round(now.visibleMs)} ms`)}  ${keysText(now)}, ${requestsText(now)}`;
  }
  if (now.retrying !== undefined) {
    const what =
      now.retrying === 'ERR_SOURCE_TIMEOUT' ? 'the CRM did not answer in time' : now.retrying;
    return `${head(paint('strong', '↻'))}${paint('strong', what)}: nothing written, it is asked again`;
  }
  if (now.result === before.result && now.reason === before.reason) return undefined;
  switch (now.result) {
    case 'enriched':
      return `${head('·')}${paint('dim', `found in the CRM, ${keysText(now)} written, ${requestsText(now)}; waiting for proof`)}`;
    case 'not-found':
      return `${head(paint('strong', '○'))}the CRM knows nobody by that number: nothing written, ${requestsText(now)}`;
    case 'unchanged':
      return `${head('·')}${paint('dim', 'nothing changed, nothing sent')}`;
    case 'failed':
      return `${head(paint('bad', '✗'))}${paint('bad', `failed: ${now.reason ?? 'no reason given'}`)}`;
    case 'skipped':
      return `${head('·')}${paint('dim', `skipped: ${now.reason ?? 'no reason given'}`)}`;
    case undefined:
      return undefined;
  }
}

function keysText(score: Score): string {
  return `${score.states.size} ${score.states.size === 1 ? 'key' : 'keys'}`;
}

function requestsText(score: Score): string {
  const proof = score.proofRequests === 0 ? '' : ` + ${score.proofRequests} for proof`;
  return `${score.platformRequests} ${score.platformRequests === 1 ? 'request' : 'requests'}${proof}`;
}

function clockText(ms: number): string {
  return `${(ms / 1000).toFixed(2).padStart(5)} s`;
}

/** The table of every conversation, then the numbers of the day. */
export function summaryText(
  scores: readonly Score[],
  summary: DaySummary,
  paint: PaintWord,
): string {
  const rows = scores.map((score) => [
    score.plan.name,
    score.plan.medium.replace('voice', 'call'),
    score.result ?? 'nothing yet',
    isVisible(score)
      ? paint('good', 'visible')
      : score.states.size === 0
        ? '–'
        : [...new Set(score.states.values())].join(', '),
    score.visibleMs === undefined ? '–' : `${Math.round(score.visibleMs)} ms`,
    String(score.platformRequests),
  ]);
  const table = textTable(
    [
      { title: 'customer' },
      { title: 'medium' },
      { title: 'outcome' },
      { title: 'keys' },
      { title: 'visible after', align: 'right' },
      { title: 'requests', align: 'right' },
    ],
    rows,
  );
  const numbers = textTable(
    [{ title: '' }, { title: '' }],
    [
      ['conversations', String(summary.conversations)],
      ['enriched', String(summary.enriched)],
      ['visible', String(summary.visible)],
      ['not found', String(summary.notFound)],
      ['failed', String(summary.failed)],
      [
        'platform requests per enrichment',
        `${summary.platformRequestsPerEnrichment.toFixed(2)} (and ${summary.proofRequests} for proof in all)`,
      ],
      ['event → accepted', spreadText(summary.eventToAcceptedMs)],
      ['event → visible', spreadText(summary.eventToVisibleMs)],
    ],
  ).trimStart();
  const verdict =
    summary.surprises.length === 0
      ? paint('good', `All ${summary.conversations} conversations ended as the script says.`)
      : paint(
          'bad',
          ['Not as the script says:', ...summary.surprises.map((text) => `  ${text}`)].join('\n'),
        );
  return `${table}\n\n${numbers}\n\n${verdict}\n`;
}

function spreadText({ p50, p95, p99 }: Spread): string {
  return `p50 ${p50 ?? '–'} ms · p95 ${p95 ?? '–'} ms · p99 ${p99 ?? '–'} ms`;
}
