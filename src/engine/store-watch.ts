/**
 * Tells what an operator has to know of the store, and keeps it true while no work goes through it.
 *
 * Everybody who works with the store meets its failures, many times a second; none of them tells
 * (`levelOf`). This tells for all: `ledger.not-writable` when it begins, `ledger.still-not-writable`
 * every minute, `ledger.writable-again` when for a whole look nothing failed. A store that comes and
 * goes within a look makes no more lines than that.
 */
import { isRapportError, messageOf } from '../domain/errors.ts';
import type { Ledger, StoreHealth } from '../ledger/ledger.ts';
import { troubleOf } from '../ledger/errors.ts';
import { sleep, type Clock } from '../lib/clock.ts';
import type { Log, LogFields } from '../lib/log.ts';

/** How often it is looked, and a store tried that has refused, in milliseconds. */
const LOOK_MS = 1_000;
/** After how many looks a store is tried that has not failed, where no instance beats. */
const IDLE_LOOKS = 5;
/** How often a trouble that lasts is told of, in milliseconds. */
const REMIND_MS = 60_000;

export interface StoreWatchOptions {
  readonly ledger: Pick<Ledger, 'probe' | 'health' | 'leases'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** A trouble that was told of. Instants are of the monotonic clock, in milliseconds. */
interface Outage {
  readonly reason: string;
  readonly sinceMs: number;
  /** Failures before it. */
  readonly before: number;
  readonly toldMs: number;
}

/** Begins to look; stops when it is disposed. */
export function watchStore(options: StoreWatchOptions): AsyncDisposable {
  const stop = new AbortController();
  const watching = watch(options, stop.signal);
  return {
    async [Symbol.asyncDispose]() {
      stop.abort(new Error('the service stops'));
      await watching;
    },
  };
}

async function watch(options: StoreWatchOptions, signal: AbortSignal): Promise<void> {
  const { ledger, clock } = options;
  const teller = new Teller(options);
  let isProbing = false;
  // Not waited for: a store that does not answer is told of meanwhile. What it meets is in the store's health.
  const probe = async (): Promise<void> => {
    if (isProbing) return;
    isProbing = true;
    await ledger.probe().catch(() => undefined);
    isProbing = false;
  };
  for (let look = 1; !signal.aborted; look += 1) {
    await sleep(clock, LOOK_MS, signal).catch(() => undefined);
    if (signal.aborted) return;
    const isIdle = ledger.leases === 'process' && look % IDLE_LOOKS === 0;
    if (isIdle || ledger.health.trouble !== undefined) void probe();
    teller.look(ledger.health);
  }
}

class Teller {
  readonly #clock: Clock;
  readonly #log: Log;
  #failures = 0;
  #outage: Outage | undefined;

  constructor({ clock, log }: StoreWatchOptions) {
    this.#clock = clock;
    this.#log = log;
  }

  look({ trouble, failures, lastFailure }: StoreHealth): void {
    const before = this.#failures;
    this.#failures = failures;
    const reason = trouble ?? (failures > before ? troubleOf(lastFailure) : undefined);
    const nowMs = this.#clock.monotonicMs();
    const outage = this.#outage;
    if (reason === undefined) this.#over(nowMs);
    else if (reason !== outage?.reason) {
      this.#outage = { sinceMs: nowMs, before, ...outage, reason, toldMs: nowMs };
      this.#log.error('ledger.not-writable', { reason, ...causeOf(lastFailure) });
    } else if (nowMs - outage.toldMs >= REMIND_MS) {
      this.#outage = { ...outage, toldMs: nowMs };
      const numbers = this.#numbersOf(outage, nowMs);
      this.#log.error('ledger.still-not-writable', { reason, ...numbers, ...causeOf(lastFailure) });
    }
  }

  #over(nowMs: number): void {
    if (this.#outage === undefined) return;
    this.#log.info('ledger.writable-again', this.#numbersOf(this.#outage, nowMs));
    this.#outage = undefined;
  }

  #numbersOf({ sinceMs, before }: Outage, nowMs: number): LogFields {
    return { forMs: Math.round(nowMs - sinceMs), failures: this.#failures - before };
  }
}

function causeOf(error: unknown): LogFields {
  const nextStep = isRapportError(error) ? error.nextStep : undefined;
  return { message: messageOf(error), nextStep };
}
