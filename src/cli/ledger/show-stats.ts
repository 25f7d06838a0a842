import { z } from 'zod';
import type { RapportConfig } from '../../config/schema.ts';
import { successRate } from '../../ledger/reading/success-rate.ts';
import type { LedgerStats } from '../../ledger/reading/records.ts';
import { loadCliConfig, type ConfigFlags } from '../configuration/load-configuration.ts';
import { createPaint, type CliIo } from '../terminal/io.ts';
import { readLedger } from './ledger-access.ts';
import { ServiceClient } from './service-client.ts';
import { right, table } from '../terminal/table.ts';

export interface StatsFlags extends ConfigFlags {
  readonly hours: number;
}

const HOUR_MS = 3_600_000;

export async function showStats(flags: StatsFlags, io: CliIo): Promise<void> {
  const config = loadCliConfig(flags, io);
  await using ledger = await readLedger(config);
  const stats = await ledger.stats(flags.hours * HOUR_MS);
  const service = await askService(config);
  if (flags.json === true) {
    const answer = { ...stats, successRate: successRate(stats) ?? null, service: service ?? null };
    io.out(`${JSON.stringify(answer, null, 2)}\n`);
    return;
  }
  const rows = [...rowsOf(stats, flags.hours), ...(service === undefined ? [] : liveRows(service))];
  io.out(`${table(['what', right('now')], rows, createPaint(io))}\n`);
}

/** What the service on this machine says of itself, of all that it says. */
const serviceState = z.looseObject({
  startedAt: z.number(),
  budget: z.looseObject({
    state: z.string(),
    sent: z.number(),
    allowed: z.number().optional(),
    forecast: z.number(),
  }),
  streams: z.looseObject({ open: z.number(), dropped: z.number() }),
  channels: z.looseObject({ channels: z.number(), topics: z.number() }),
  gaps: z.array(
    z.looseObject({
      gap: z.object({ fromMs: z.number(), toMs: z.number(), reason: z.string() }),
      found: z.number(),
      ended: z.number(),
      known: z.number(),
      requested: z.number(),
      isComplete: z.boolean(),
    }),
  ),
});
type ServiceState = z.infer<typeof serviceState>;

/** Undefined when no service runs here, or no key for it is configured. */
async function askService(config: RapportConfig): Promise<ServiceState | undefined> {
  if (config.service.apiKey === undefined) return undefined;
  const answer = await new ServiceClient(config).tryGet('/v1/stats');
  return z.object({ process: serviceState }).safeParse(answer).data?.process;
}

function liveRows({
  startedAt,
  budget,
  streams,
  channels,
  gaps,
}: ServiceState): readonly (readonly string[])[] {
  return [
    [`budget, ${budget.state}`, `${budget.sent} of ${budget.allowed ?? 'unknown'}`],
    ['live work expected in this window', budget.forecast.toFixed(0)],
    ['channels and topics', `${channels.channels} / ${channels.topics}`],
    ['streams open', String(streams.open)],
    ['gaps since its start', `${gaps.length === 0 ? 'none' : gaps.length}, ${instant(startedAt)}`],
    ...gaps.map(({ gap, found, ended, known, requested, isComplete }) => [
      `gap of ${((gap.toMs - gap.fromMs) / 1000).toFixed(0)} s until ${instant(gap.toMs)}: ${gap.reason}`,
      `${found} found: ${requested} requested, ${known} known, ${ended} ended${isComplete ? '' : '; looking on'}`,
    ]),
  ];
}

const instant = (ms: number): string => new Date(ms).toISOString();

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
