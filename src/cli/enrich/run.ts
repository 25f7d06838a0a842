import { isRapportError } from '../../domain/errors.ts';
import { sleep, systemClock } from '../../lib/clock.ts';
import { silentLog } from '../../lib/log.ts';
import type { Budget } from '../../genesys/budget/budget.ts';
import { startBatch } from '../../service/batch.ts';
import { loadCliConfigWhole, type ConfigFlags } from '../configuration/load-configuration.ts';
import { createPaint, type CliIo } from '../terminal/io.ts';
import { ProgressBar } from '../terminal/progress-bar.ts';
import { enrichThroughService } from './through-service.ts';
import { readOrders, type OrderFlags, type Orders } from './orders.ts';
import { summarize, summaryText, toRecord, writeReport } from './report.ts';
import { Results } from './results.ts';

export interface EnrichFlags extends ConfigFlags, OrderFlags {
  /** Name of a run: conversations that it has taken before are not taken again. */
  readonly run?: string;
  readonly report?: string;
  /** Longest time for the whole run, in seconds. */
  readonly timeout: number;
}

/** How often the bar is drawn, in milliseconds. */
const DRAW_EVERY_MS = 100;
const SECOND_MS = 1000;
/** How long the analytics messages of a run are waited for, in milliseconds. */
const DRAIN_MS = 10_000;

/** Enriches the named conversations and says what became of each. @returns whether all went well */
export async function enrichConversations(
  args: readonly string[],
  flags: EnrichFlags,
  io: CliIo,
): Promise<boolean> {
  const { config, targets } = loadCliConfigWhole(flags, io);
  const orders = await readOrders({ args, flags, targets, stdin: process.stdin });
  const results = new Results(orders.ids);
  try {
    await enrichHere({ config, orders, results, flags }, io);
  } catch (error) {
    if (!isRapportError(error) || error.code !== 'ERR_LEDGER_LOCKED') throw error;
    await enrichThroughService({ config, orders, results, signal: io.signal });
  }
  const { all } = results;
  if (flags.report !== undefined) await writeReport(flags.report, all);
  const summary = summarize(all);
  if (flags.json === true) {
    io.out(`${JSON.stringify({ summary, conversations: all.map(toRecord) }, null, 2)}\n`);
  } else {
    io.out(summaryText(all, createPaint(io)));
  }
  return summary.failed === 0;
}

interface Job {
  readonly config: Parameters<typeof startBatch>[0];
  readonly orders: Orders;
  readonly results: Results;
  readonly flags: EnrichFlags;
}

async function enrichHere({ config, orders, results, flags }: Job, io: CliIo): Promise<void> {
  await using batch = await startBatch(config, {
    clock: systemClock,
    random: Math.random,
    log: silentLog,
    signal: io.signal,
    onProgress: (progress) => results.take(progress),
  });
  const receipts = await batch.accept(
    orders.ids.map((conversationId) => ({
      conversationId,
      body: orders.body,
      dedupeKey: flags.run === undefined ? undefined : `run:${flags.run}:${conversationId}`,
    })),
  );
  for (const { conversationId, duplicate } of receipts) if (duplicate) results.skip(conversationId);
  await watch(results, { budget: batch.budget, timeoutMs: flags.timeout * SECOND_MS }, io);
  if (!io.signal.aborted && !(await batch.drain(DRAIN_MS))) {
    io.err(
      'Some analytics messages are not delivered yet; the next run or the service sends them.\n',
    );
  }
}

/** Waits for the verdicts, drawing progress, until time is up or the user stops it. */
async function watch(
  results: Results,
  { budget, timeoutMs }: { readonly budget: Budget; readonly timeoutMs: number },
  io: CliIo,
): Promise<void> {
  using bar = new ProgressBar(io);
  const startedMs = systemClock.monotonicMs();
  let isDone = false;
  void results.done.then(() => (isDone = true));
  for (;;) {
    const elapsedMs = systemClock.monotonicMs() - startedMs;
    const { allowed, sent } = budget.snapshot();
    const rate = elapsedMs === 0 ? 0 : (results.finished * SECOND_MS) / elapsedMs;
    const budgetText = allowed === undefined ? '' : `  budget ${sent}/${allowed}`;
    bar.draw({
      done: results.finished,
      total: results.all.length,
      note: `${rate.toFixed(1)}/s${budgetText}`,
    });
    if (isDone || elapsedMs > timeoutMs || io.signal.aborted) return;
    await Promise.race([results.done, sleep(systemClock, DRAW_EVERY_MS)]);
  }
}
