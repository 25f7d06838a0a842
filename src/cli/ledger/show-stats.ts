import { successRate } from '../../ledger/reading/success-rate.ts';
import type { LedgerStats } from '../../ledger/reading/records.ts';
import { textTable } from '../../lib/text-table.ts';
import { loadCliConfig, type ConfigFlags } from '../configuration/load-configuration.ts';
import type { CliIo } from '../terminal/io.ts';
import { readLedger } from './ledger-access.ts';

export interface StatsFlags extends ConfigFlags {
  readonly hours: number;
}

const HOUR_MS = 3_600_000;

export async function showStats(flags: StatsFlags, io: CliIo): Promise<void> {
  await using ledger = await readLedger(loadCliConfig(flags, io));
  const stats = await ledger.stats(flags.hours * HOUR_MS);
  io.out(
    flags.json === true
      ? `${JSON.stringify({ ...stats, successRate: successRate(stats) ?? null }, null, 2)}\n`
      : `${textTable([{ title: 'what' }, { title: 'now', align: 'right' }], rowsOf(stats, flags.hours))}\n`,
  );
}

function rowsOf(stats: LedgerStats, hours: number): readonly (readonly string[])[] {
  const rate = successRate(stats);
  const { p50, p95, p99, samples } = stats.requestMs;
  return [
    ['success rate', rate === undefined ? '–' : `${(rate * 100).toFixed(2)} %`],
    ...countsOf(`outcomes of ${hours} h:`, stats.outcomes),
    [
      `request to outcome, p50 / p95 / p99 of ${samples}`,
      samples === 0 ? '–' : `${p50} / ${p95} / ${p99} ms`,
    ],
    ['waiting for a turn', String(stats.depth)],
    ['the longest of them', `${stats.oldestDueMs} ms`],
    ['requests without an outcome', String(stats.openRequests)],
    ...countsOf('conversations', stats.phases),
    ...countsOf('messages', stats.outbox),
  ];
}

function countsOf(
  of: string,
  counts: Readonly<Record<string, number>>,
): readonly (readonly string[])[] {
  return Object.entries(counts).map(([word, count]) => [`${of} ${word}`, String(count)]);
}
