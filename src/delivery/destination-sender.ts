import type { Dispatcher } from 'undici';
import { levelOf, messageOf } from '../domain/errors.ts';
import { backoffMs } from '../lib/backoff.ts';
import { sleep, type Clock, type Timer } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Outbox, OutboxMessage, Sending } from '../ledger/outbox/outbox.ts';
import { Breaker, type BreakerKind, type BreakerOptions } from '../lookup/guard/breaker.ts';
import type { DestinationOptions } from './options.ts';
import { postMessage, type PostResult } from './post-message.ts';
import { retryDelayMs } from './schedule.ts';

export interface SenderDeps {
  readonly clock: Clock;
  readonly random: () => number;
  readonly outbox: Pick<Outbox, 'claim' | 'settle'>;
  readonly log: Log;
  readonly dispatcher: Dispatcher;
}

/** What an operator sees of one destination, counted since the start. */
export interface DestinationState {
  /** `disabled` after a 410: its messages are set aside, to be replayed once it is back. */
  readonly kind: 'sending' | 'disabled';
  /** While it is `open` nothing is claimed, so that messages keep their attempts for when it is back. */
  readonly breaker: BreakerKind;
  readonly inFlight: number;
  readonly sent: number;
  readonly failed: number;
  readonly dead: number;
}

/** The outbox is looked at this often though nobody says that something waits, in milliseconds. */
const POLL_MS = 60_000;
/** Waits between tries of the outbox itself, when the store fails. */
const STORE_BACKOFF = { baseMs: 200, maxMs: 30_000 };
/** When a destination is left alone: posts that got no answer, or one that speaks of the whole destination. */
const BREAKER: BreakerOptions = {
  calls: 10,
  minCalls: 5,
  windowMs: 300_000,
  failureShare: 0.8,
  openMs: 5000,
  maxOpenMs: 300_000,
};
/** How long posts in flight may take to finish at shutdown, in milliseconds. */
const GRACE_MS = 5000;

/**
 * Sends the messages of one destination: as many at a time as it may take, those of one
 * conversation one after the other (the outbox gives out no more than one of them).
 *
 * `#pump` is the only one that claims. It runs when it is woken, when a post has ended, when the
 * next message falls due, and every `POLL_MS`.
 */
export class DestinationSender implements AsyncDisposable {
  readonly #name: string;
  readonly #options: DestinationOptions;
  readonly #deps: SenderDeps;
  readonly #closing = new AbortController();
  readonly #inFlight = new Set<Promise<void>>();
  readonly #breaker: Breaker;
  readonly #counts = { sent: 0, failed: 0, dead: 0 };
  #isDisabled = false;
  #isClosed = false;
  #pumping: Promise<void> | undefined;
  /** Woken while pumping: what woke it may have come after the claim. */
  #isWoken = false;
  #storeFailures = 0;
  #timer: Timer | undefined;
  /** When the next message falls due, monotonic; undefined when none waits. */
  #nextAtMs: number | undefined;

  constructor(name: string, options: DestinationOptions, deps: SenderDeps) {
    this.#name = name;
    this.#options = options;
    this.#deps = deps;
    this.#breaker = new Breaker(deps.clock, BREAKER, (kind) => {
      const level = kind === 'open' ? 'warn' : 'info';
      deps.log[level](`delivery.breaker-${kind}`, { destination: name });
    });
  }

  get state(): DestinationState {
    const kind = this.#isDisabled ? 'disabled' : 'sending';
    return {
      kind,
      breaker: this.#breaker.kind,
      inFlight: this.#inFlight.size,
      ...this.#counts,
    };
  }

  /** Whether it sends as these options say. */
  isFor(options: DestinationOptions | undefined): boolean {
    return JSON.stringify(options) === JSON.stringify(this.#options);
  }

  wake(): void {
    this.#isWoken = true;
    if (this.#isClosed || this.#pumping !== undefined) return;
    this.#pumping = this.#pump().finally(() => {
      this.#pumping = undefined;
      if (this.#isWoken) this.wake();
    });
  }

  enable(): boolean {
    const was = this.#isDisabled;
    this.#isDisabled = false;
    this.wake();
    return was;
  }

  /** Whether nothing is left, once nothing more can be sent before `endMs` (monotonic) or the signal aborts. */
  async drain(endMs: number, signal: AbortSignal): Promise<boolean> {
    const { clock } = this.#deps;
    this.wake();
    try {
      while (!signal.aborted) {
        await abortableAll([this.#pumping, ...this.#inFlight], signal);
        if (this.#inFlight.size > 0 || this.#pumping !== undefined) continue;
        if (this.#nextAtMs === undefined) return this.#storeFailures === 0;
        if (this.#nextAtMs >= endMs) return false;
        await sleep(clock, Math.max(1, this.#nextAtMs - clock.monotonicMs()), signal);
        this.wake();
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    return false;
  }

  async #pump(): Promise<void> {
    while (this.#isWoken && !this.#isClosed) {
      this.#isWoken = false;
      const refusedForMs = this.#breaker.refusedForMs;
      if (refusedForMs > 0) {
        this.#nextAtMs = this.#deps.clock.monotonicMs() + refusedForMs;
        this.#sleepFor(refusedForMs);
        return;
      }
      const most = this.#breaker.kind === 'closed' ? this.#options.concurrent : 1;
      const free = most - this.#inFlight.size;
      // A post that ends wakes us again.
      if (free <= 0) return;
      await this.#claim(free);
    }
  }

  async #claim(free: number): Promise<void> {
    const { outbox, clock, log, random } = this.#deps;
    try {
      const { messages, nextInMs } = await outbox.claim(free, this.#name);
      this.#storeFailures = 0;
      for (const message of messages) this.#launch(message);
      if (messages.length === free) this.#isWoken = true;
      this.#nextAtMs = nextInMs === undefined ? undefined : clock.monotonicMs() + nextInMs;
      this.#sleepFor(Math.min(POLL_MS, nextInMs ?? POLL_MS));
    } catch (error) {
      this.#storeFailures += 1;
      const waitMs = backoffMs(this.#storeFailures, STORE_BACKOFF, random);
      log[levelOf(error, 'error')]('delivery.claim-failed', {
        destination: this.#name,
        error: messageOf(error),
        waitMs,
      });
      this.#nextAtMs = clock.monotonicMs() + waitMs;
      this.#sleepFor(waitMs);
    }
  }

  #sleepFor(ms: number): void {
    this.#timer?.cancel();
    this.#timer = this.#isClosed
      ? undefined
      : this.#deps.clock.timer(Math.max(1, ms), () => this.wake());
  }

  #launch(message: OutboxMessage): void {
    const work: Promise<void> = this.#deliver(message).finally(() => {
      this.#inFlight.delete(work);
      this.wake();
    });
    this.#inFlight.add(work);
  }

  async #deliver(message: OutboxMessage): Promise<void> {
    const sending = await this.#send(message);
    await this.#settle(message, sending);
  }

  async #send(message: OutboxMessage): Promise<Sending> {
    if (this.#isDisabled) {
      this.#counts.dead += 1;
      return { kind: 'dead', status: 'disabled: 410 gone' };
    }
    const pass = this.#breaker.enter();
    if (pass === undefined) {
      return { kind: 'retry', status: 'left alone', delayMs: this.#breaker.refusedForMs };
    }
    try {
      const { signal } = this.#closing;
      const result = await postMessage(message, this.#options, signal, this.#deps);
      if (result.kind === 'failed' && result.isOfDestination) pass.failed();
      else pass.succeeded();
      return this.#judge(message, result);
    } catch {
      // Only our own shutdown ends a post without a result.
      pass.cancelled();
      return { kind: 'retry', status: 'handed back', delayMs: 0 };
    }
  }

  #judge(message: OutboxMessage, result: PostResult): Sending {
    const { clock, log, random } = this.#deps;
    const { status } = result;
    const fields = { destination: this.#name, id: message.id, traceId: message.traceId, status };
    if (result.kind === 'accepted') {
      this.#counts.sent += 1;
      log.debug('delivery.sent', fields);
      return { kind: 'sent', status };
    }
    this.#counts.failed += 1;
    if (result.kind === 'gone') {
      this.#isDisabled = true;
      this.#counts.dead += 1;
      log.error('delivery.disabled', fields);
      return { kind: 'dead', status };
    }
    const { attempts, createdAt } = message;
    const { retryAfterMs } = result;
    const ageMs = clock.wallMs() - createdAt;
    const delayMs = retryDelayMs({ attempts, ageMs, retryAfterMs }, random);
    log.warn('delivery.failed', { ...fields, attempts, delayMs });
    if (delayMs !== undefined) return { kind: 'retry', status, delayMs };
    this.#counts.dead += 1;
    return { kind: 'dead', status: `${status}, ${attempts} attempts` };
  }

  /**
   * Told until the store takes it, however long that is: a message that is given up here would stay
   * `sending` for as long as this instance lives. Only a shutdown ends it; the next start, or the
   * instance that takes over, then sends the message once more.
   */
  async #settle(message: OutboxMessage, sending: Sending): Promise<void> {
    const { outbox, clock, log, random } = this.#deps;
    const { signal } = this.#closing;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const settled = await outbox.settle(message.id, sending);
        if (settled === 'lost') log.warn('delivery.lost', { id: message.id });
        return;
      } catch (error) {
        const level = levelOf(error, 'error');
        log[level]('delivery.settle-failed', { id: message.id, attempt, error: messageOf(error) });
        const waited = await sleep(clock, backoffMs(attempt, STORE_BACKOFF, random), signal).then(
          () => true,
          () => false,
        );
        if (!waited) return;
      }
    }
  }

  /** Claims no more, lets posts finish for a while, and gives back what is not finished then. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    const grace = this.#deps.clock.timer(GRACE_MS, () =>
      this.#closing.abort(new Error('shut down')),
    );
    await this.#pumping;
    await Promise.all(this.#inFlight);
    grace.cancel();
  }
}

/** Waits for the first of them to end, or rejects with the signal's reason. */
async function abortableAll(
  work: readonly (Promise<void> | undefined)[],
  signal: AbortSignal,
): Promise<void> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const underWay = work.filter((each) => each !== undefined);
    if (underWay.length > 0) await Promise.race([aborted, ...underWay]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
