import { isRapportError, levelOf, messageOf } from '../domain/errors.ts';
import type { ConversationId } from '../domain/ids.ts';
import type { EnrichmentRequest } from '../domain/request.ts';
import { isPlatformError } from '../genesys/errors.ts';
import { backoffMs } from '../lib/backoff.ts';
import { sleep, type Clock, type Timer } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Claim } from '../ledger/turn.ts';
import type { Lease } from './lease.ts';
import type { BeginAhead, HeadStart, RunTurn, TurnResult } from './run-turn.ts';
import { Signal } from './signal.ts';
import type { Grant, WorkGate } from './work-gate.ts';

export interface WorkerOptions<G extends Grant> {
  readonly ledger: Ledger;
  readonly gate: WorkGate<G>;
  readonly run: RunTurn<G>;
  /** Begins a turn's reading while its claim is committed; left out, a turn begins with its claim. */
  readonly beginAhead?: BeginAhead<G> | undefined;
  readonly lease: () => Lease;
  readonly clock: Clock;
  /** 0 up to 1; jitters the waits after a failure of the ledger. */
  readonly random: () => number;
  readonly log: Log;
  /** Turns at a time. Default 64. */
  readonly concurrency?: number | undefined;
  /** Longest time without looking for work, in milliseconds; what hints missed is found then. Default 1000. */
  readonly pollMs?: number | undefined;
  /** Called once the end of a turn is durable; not for one whose lease was lost. */
  readonly onEnd?: ((claim: Claim, result: TurnResult) => void) | undefined;
  /** Called when a turn is over, however it ended, and its end is recorded if it could be. */
  readonly onOver?: ((claim: Claim) => void) | undefined;
}

export interface Worker extends AsyncDisposable {
  /** Turns under way, and places that are kept for one. */
  readonly running: number;
  /** Keeps a place for a request that is about to be accepted and claimed; undefined when there is none now. */
  reserve(request: EnrichmentRequest): Place | undefined;
  /** Claims no more, lets turns finish for `graceMs`, then has the rest handed back. */
  stop(graceMs: number): Promise<void>;
}

/** Room for one turn. Exactly one of its methods is called, once. */
export interface Place {
  readonly conversationId: ConversationId;
  start(claim: Claim): void;
  release(): void;
}

/** What a turn has been given to run with. */
interface Means<G extends Grant> {
  readonly grant: G;
  readonly lease: Lease;
  readonly headStart?: HeadStart | undefined;
}

const STORE_RETRY = { baseMs: 100, maxMs: 5_000 };
const DEFAULT_CONCURRENCY = 64;
const DEFAULT_POLL_MS = 1_000;

/** Starts looking for work at once; asks the gate for room first, and claims second. */
export function startWorker<G extends Grant>(options: WorkerOptions<G>): Worker {
  return new LedgerWorker(options);
}

class LedgerWorker<G extends Grant> implements Worker {
  readonly #options: WorkerOptions<G>;
  readonly #concurrency: number;
  readonly #turns = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  /** Aborted when the grace is over: running turns are to let go. */
  readonly #cutOff = new AbortController();
  readonly #wake = new Signal();
  readonly #slot = new Signal();
  readonly #unsubscribe: () => void;
  readonly #loop: Promise<void>;
  #alarm: { readonly timer: Timer; readonly at: number } | undefined;
  #failures = 0;
  #bounds: { readonly lease: Lease; readonly signal: AbortSignal } | undefined;

  constructor(options: WorkerOptions<G>) {
    this.#options = options;
    this.#concurrency = options.concurrency ?? DEFAULT_CONCURRENCY;
    this.#unsubscribe = options.ledger.onDue((inMs) => this.#wakeIn(inMs));
    this.#wake.set();
    this.#loop = this.#work();
  }

  get running(): number {
    return this.#turns.size;
  }

  reserve(request: EnrichmentRequest): Place | undefined {
    const isFull = this.#turns.size >= this.#concurrency;
    // As with a claim: the lease of before it is the one that covers it.
    const lease = this.#options.lease();
    if (isFull || this.#stopping.signal.aborted || lease.remainingMs() === 0) return undefined;
    const grant = this.#options.gate.tryRoom();
    if (grant === undefined) return undefined;
    const headStart = this.#options.beginAhead?.(request, grant);
    const work = Promise.withResolvers<void>();
    this.#occupy(work.promise);
    return {
      conversationId: request.conversationId,
      start: (claim) => work.resolve(this.#begin(claim, { grant, lease, headStart })),
      release() {
        headStart?.drop();
        grant.release();
        work.resolve();
      },
    };
  }

  async stop(graceMs: number): Promise<void> {
    const { clock, log } = this.#options;
    this.#stopping.abort(new Error('the service stops'));
    this.#unsubscribe();
    await this.#loop;
    this.#alarm?.timer.cancel();
    const underWay = this.#turns.size;
    if (underWay > 0) log.info('worker.finishing', { turns: underWay, graceMs });
    using grace = clock.timer(graceMs, () => {
      log.info('worker.handing-back', { turns: this.#turns.size });
      this.#cutOff.abort(new Error('the service stops and can wait no longer'));
    });
    void grace;
    while (this.#turns.size > 0) await Promise.all(this.#turns);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop(0);
  }

  async #work(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await this.#wake.wait(signal);
        await this.#claimWhileDue(signal);
        this.#failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        this.#failures += 1;
        const level = levelOf(error, 'error');
        this.#options.log[level]('worker.claim-failed', { reason: messageOf(error) });
        this.#wakeIn(backoffMs(this.#failures, STORE_RETRY, this.#options.random));
      }
    }
  }

  async #claimWhileDue(signal: AbortSignal): Promise<void> {
    for (;;) {
      while (this.#turns.size >= this.#concurrency) await this.#slot.wait(signal);
      const grants = await this.#gather(signal);
      const isDry = await this.#claim(grants);
      if (isDry) return;
    }
  }

  /** As much room as there is at this moment, at least for one turn. */
  async #gather(signal: AbortSignal): Promise<G[]> {
    const { gate } = this.#options;
    const grants = [await gate.whenRoom(signal)];
    while (this.#turns.size + grants.length < this.#concurrency) {
      const more = gate.tryRoom();
      if (more === undefined) break;
      grants.push(more);
    }
    return grants;
  }

  /** True when nothing more is due. Room that no claim takes goes back at once. */
  async #claim(grants: readonly G[]): Promise<boolean> {
    const { ledger } = this.#options;
    const unused = new Set(grants);
    // The lease of before the claim is the one that covers it: one that was lost meanwhile, and
    // won back, says nothing of conversations that others took in between.
    const lease = this.#options.lease();
    try {
      // Without a lease a claim would be taken over before anything came of it.
      if (lease.remainingMs() === 0) {
        this.#wakeIn(this.#pollMs);
        return true;
      }
      const batch = await ledger.claim(grants.length);
      batch.claims.forEach((claim, i) => {
        const grant = grants[i];
        if (grant === undefined) return;
        unused.delete(grant);
        this.#occupy(this.#begin(claim, { grant, lease }));
      });
      const isDry = batch.claims.length < grants.length;
      if (isDry) this.#wakeIn(Math.min(batch.nextDueInMs ?? this.#pollMs, this.#pollMs));
      return isDry;
    } finally {
      for (const grant of unused) grant.release();
    }
  }

  #occupy(work: Promise<void>): void {
    const turn = work.finally(() => {
      this.#turns.delete(turn);
      this.#slot.set();
    });
    this.#turns.add(turn);
  }

  #begin(claim: Claim, means: Means<G>): Promise<void> {
    return this.#turn(claim, means).finally(() => this.#options.onOver?.(claim));
  }

  async #turn(claim: Claim, { grant, lease, headStart }: Means<G>): Promise<void> {
    const { run, log } = this.#options;
    const signal = this.#signalOf(lease);
    let result: TurnResult;
    try {
      if (lease.remainingMs() === 0) throw new Error('the lease ran out before the turn began');
      signal.throwIfAborted();
      result = await run(claim, { signal, lease, grant, headStart });
    } catch (error) {
      result =
        signal.aborted || lease.remainingMs() === 0
          ? { kind: 'hand-back', reason: messageOf(error) }
          : failureOf(error, log, claim);
    } finally {
      headStart?.drop();
      grant.release();
    }
    await this.#record(claim, result, lease);
  }

  /**
   * The turn has happened: its end is recorded as soon as the ledger takes it. When the lease goes
   * first, whoever takes over looks for itself; when the service stops, the next start does.
   */
  async #record(claim: Claim, result: TurnResult, lease: Lease): Promise<void> {
    const { ledger, clock, random, log } = this.#options;
    for (let attempt = 1; ; attempt++) {
      try {
        const end = await apply(ledger, claim, result);
        if (end !== 'fenced') this.#options.onEnd?.(claim, result);
        return;
      } catch (error) {
        const level = levelOf(error, 'error');
        log[level]('worker.settle-failed', { ...namesOf(claim), reason: messageOf(error) });
        if (isRapportError(error) && !error.retryable) {
          result = { kind: 'retry', failure: { reason: error.code, message: error.message } };
        }
        const signal = this.#signalOf(lease);
        const waited = await sleep(clock, backoffMs(attempt, STORE_RETRY, random), signal).then(
          () => true,
          () => false,
        );
        if (!waited) return;
      }
    }
  }

  /** Aborts with the lease or at the end of the grace; one for all turns of a lease. */
  #signalOf(lease: Lease): AbortSignal {
    if (this.#bounds?.lease !== lease) {
      const signal = AbortSignal.any([lease.signal, this.#cutOff.signal]);
      this.#bounds = { lease, signal };
    }
    return this.#bounds.signal;
  }

  get #pollMs(): number {
    return this.#options.pollMs ?? DEFAULT_POLL_MS;
  }

  #wakeIn(inMs: number): void {
    if (inMs <= 0) {
      this.#wake.set();
      return;
    }
    if (this.#stopping.signal.aborted) return;
    const { clock } = this.#options;
    const at = clock.monotonicMs() + inMs;
    if (this.#alarm !== undefined && this.#alarm.at <= at) return;
    this.#alarm?.timer.cancel();
    const timer = clock.timer(inMs, () => {
      this.#alarm = undefined;
      this.#wake.set();
    });
    this.#alarm = { timer, at };
  }
}

function apply(ledger: Ledger, claim: Claim, result: TurnResult): Promise<string> {
  switch (result.kind) {
    case 'settle':
      return ledger.settle(claim, result.settlement);
    case 'retry':
      return ledger.fail(claim, { ...result.failure, retryable: true });
    case 'dead':
      return ledger.fail(claim, { ...result.failure, retryable: false });
    case 'hand-back':
      return ledger.handBack(claim, result.reason);
  }
}

function failureOf(error: unknown, log: Log, claim: Claim): TurnResult {
  const message = messageOf(error);
  if (isRapportError(error)) {
    const correlationId = isPlatformError(error) ? error.correlationId : undefined;
    const correlationIds = correlationId === undefined ? undefined : [correlationId];
    const failure = { reason: error.code, message, correlationIds };
    return { kind: error.retryable ? 'retry' : 'dead', failure };
  }
  // A defect: it may still be one of this moment, so it is tried again like an outage.
  log.error('worker.turn-threw', { ...namesOf(claim), error });
  return { kind: 'retry', failure: { reason: 'ERR_UNEXPECTED', message } };
}

/** What a line about a claim says, so that it is found by conversation and by trace. */
function namesOf({ conversationId, fence, requests }: Claim): Readonly<Record<string, unknown>> {
  return { conversationId, traceId: requests[0]?.traceId, fence };
}
