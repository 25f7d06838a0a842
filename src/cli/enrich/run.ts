import { isRapportError } from '../../domain/errors.ts';
import { sleep, systemClock } from '../../lib/clock.ts';
import { silentLog } from '../../lib/log.ts';
import type { Budget, BudgetSnapshot } from '../../genesys/budget/budget.ts';
import { startBatch, type Batch, type BatchReceipt } from '../../service/batch.ts';
import { loadCliConfigWhole, type ConfigFlags } from '../configuration/load-configuration.ts';
import { createPaint, type CliIo } from '../terminal/io.ts';
import { ProgressBar } from '../terminal/progress-bar.ts';
import { enrichThroughService } from './through-service.ts';
import { readOrders, type OrderFlags, type Orders } from './orders.ts';
import { assertReportFile, writeReport } from './report-file.ts';
import { summarize, summaryText, toRecord } from './report.ts';
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
/** How often a shared ledger is asked what services did of a run, in milliseconds. */
const LOOK_EVERY_MS = 1000;
/** How long the analytics messages of a run are waited for, in milliseconds. */
const DRAIN_MS = 10_000;

/** Enriches the named conversations and says what became of each. @returns whether all went well */
export async function enrichConversations(
  args: readonly string[],
  flags: EnrichFlags,
  io: CliIo,
): Promise<boolean> {
  const { config, targets } = loadCliConfigWhole(flags, io);
  if (flags.report !== undefined) assertReportFile(flags.report);
  const orders = await readOrders({ args, flags, targets, stdin: io.stdin });
  const results = new Results(orders.ids);
  try {
    await enrichHere({ config, orders, results, flags }, io);
  } catch (error) {
    if (!isRapportError(error) || error.code !== 'ERR_LEDGER_LOCKED') throw error;
    await enrichThere({ config, orders, results, flags }, io);
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
  for (const { conversationId, before } of receipts) {
    if (before !== undefined) results.resume(conversationId, before);
  }
  const timeoutMs = flags.timeout * SECOND_MS;
  const over = new AbortController();
  const following = batch.isShared
    ? followLedger(batch, { receipts, results, signal: over.signal })
    : undefined;
  try {
    await watch(results, { budget: batch.budget, timeoutMs, signal: io.signal }, io);
  } finally {
    over.abort();
    await following;
  }
  if (!io.signal.aborted && !(await batch.drain(DRAIN_MS))) {
    io.err(
      'Some analytics messages are not delivered yet; the next run or the service sends them.\n',
    );
  }
}

interface Followed {
  readonly receipts: readonly BatchReceipt[];
  readonly results: Results;
  readonly signal: AbortSignal;
}

/** A service on the same ledger may take an order, or see what proves it: only the ledger tells of that. */
async function followLedger(batch: Batch, { receipts, results, signal }: Followed): Promise<void> {
  while (!signal.aborted) {
    await sleep(systemClock, LOOK_EVERY_MS, signal).catch(() => undefined);
    for (const receipt of receipts) {
      if (signal.aborted) return;
      if (results.isFinal(receipt.conversationId)) continue;
      // A store that is away is asked again at the next look.
      const known = await batch.recall(receipt).catch(() => undefined);
      if (known !== undefined) results.catchUp(receipt.conversationId, known);
    }
  }
}

/** A service holds the ledger: it does the work, and this process asks and watches. */
async function enrichThere({ config, orders, results, flags }: Job, io: CliIo): Promise<void> {
  const asking = new AbortController();
  const asked = new AbortController();
  const signal = AbortSignal.any([io.signal, asked.signal]);
  const watched = watch(results, { timeoutMs: flags.timeout * SECOND_MS, signal }, io);
  void watched.then(() => asking.abort());
  try {
    const { run } = flags;
    await enrichThroughService({ config, orders, run, results, signal: asking.signal });
  } finally {
    asked.abort();
    await watched;
  }
}

interface Watching {
  /** Undefined where another process spends it. */
  readonly budget?: Budget;
  readonly timeoutMs: number;
  /** Stops the watching before its time. */
  readonly signal: AbortSignal;
}

/** Waits for the verdicts, drawing progress, until time is up or the user stops it. */
async function watch(
  results: Results,
  { budget, timeoutMs, signal }: Watching,
  io: CliIo,
): Promise<void> {
  using bar = new ProgressBar(io);
  const startedMs = systemClock.monotonicMs();
  let isDone = false;
  void results.done.then(() => (isDone = true));
  for (;;) {
    const elapsedMs = systemClock.monotonicMs() - startedMs;
    bar.draw({
      done: results.finished,
      total: results.all.length,
      note: noteOf(results, budget?.snapshot(), elapsedMs),
    });
    if (isDone || elapsedMs > timeoutMs || signal.aborted) return;
    const pause = sleep(systemClock, DRAW_EVERY_MS, signal).catch(() => undefined);
    await Promise.race([results.done, pause]);
  }
}

/** `2.1/s · 150 to be proved · budget 300/300, more in 34 s` */
function noteOf(
  { finished, unproved }: Results,
  budget: BudgetSnapshot | undefined,
  elapsedMs: number,
): string {
  const rate = elapsedMs === 0 ? 0 : (finished * SECOND_MS) / elapsedMs;
  const parts = [`${rate.toFixed(1)}/s`];
  if (unproved > 0) parts.push(`${unproved} to be proved`);
  if (budget?.allowed !== undefined) parts.push(budgetText(budget));
  return parts.join(' · ');
}

function budgetText({ allowed, sent, foreign, state, endsInMs }: BudgetSnapshot): string {
  const used = `budget ${sent + foreign}/${allowed}`;
  const isWaiting = state === 'spent' || state === 'frozen';
  if (!isWaiting || endsInMs === undefined) return used;
  return `${used}, more in ${Math.ceil(endsInMs / SECOND_MS)} s`;
}
