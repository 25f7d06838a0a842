import { levelOf, messageOf } from '../domain/errors.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { endlessLease, type Lease } from './lease.ts';

/** Time from one beat to the next, in milliseconds. */
export const BEAT_MS = 2_000;
/** How long after a beat the others believe that this instance lives, in milliseconds. */
export const ALIVE_MS = 8_000;
/**
 * How long after a beat was *sent* this instance believes it itself, in milliseconds. The store
 * took the beat later than it was sent, so this ends before `ALIVE_MS` does, whatever the clocks
 * say: only this process's monotonic one is asked.
 */
export const HOLD_MS = 6_000;

/** How many times as often is beaten after a beat that failed. */
const BEATS_AFTER_FAILURE = 4;

export interface BeatTiming {
  readonly beatMs: number;
  readonly aliveMs: number;
  readonly holdMs: number;
}

export const DEFAULT_TIMING: BeatTiming = { beatMs: BEAT_MS, aliveMs: ALIVE_MS, holdMs: HOLD_MS };

export interface InstanceOptions {
  readonly timing?: BeatTiming | undefined;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly log: Log;
}

/** This process among the others: it beats, watches its own lease, and takes over from the dead. */
export interface Instance extends AsyncDisposable {
  /** The lease of the present. After a loss there is a new one from the next confirmed beat on. */
  lease(): Lease;
}

/** Sends the first beat, and every `BEAT_MS` another one. Needs nothing of that on a locked file. */
export async function startInstance(options: InstanceOptions): Promise<Instance> {
  if (options.ledger.leases === 'process') {
    return { lease: () => endlessLease, async [Symbol.asyncDispose]() {} };
  }
  const instance = new BeatingInstance(options);
  await instance.beat();
  return instance;
}

class BeatingInstance implements Instance {
  readonly #options: InstanceOptions;
  readonly #timing: BeatTiming;
  #held: { readonly controller: AbortController; readonly lease: Lease } | undefined;
  #confirmedAt = Number.NEGATIVE_INFINITY;
  #nextBeat: Timer | undefined;
  #expiry: Timer | undefined;
  #beating: Promise<void> = Promise.resolve();
  #isStopped = false;
  /** Set between a loss and the moment at which what was held then is given back. */
  #hasLost = false;
  #restoring: Promise<void> | undefined;

  constructor(options: InstanceOptions) {
    this.#options = options;
    this.#timing = options.timing ?? DEFAULT_TIMING;
  }

  lease(): Lease {
    return this.#held?.lease ?? lostLease;
  }

  beat(): Promise<void> {
    const { clock } = this.#options;
    const sentAt = clock.monotonicMs();
    this.#beatIn(this.#timing.beatMs);
    // A beat that hangs does not hold back the next one: the first confirmed one counts.
    const beating = this.#send(sentAt);
    this.#beating = Promise.all([this.#beating, beating]).then(() => undefined);
    return beating;
  }

  #beatIn(ms: number): void {
    this.#nextBeat?.cancel();
    this.#nextBeat = this.#options.clock.timer(ms, () => void this.beat());
  }

  async #send(sentAt: number): Promise<void> {
    const { ledger, log } = this.#options;
    try {
      await ledger.beat(this.#timing.aliveMs);
      await this.#restore();
      this.#confirm(sentAt);
      const taken = await ledger.takeOver();
      if (taken > 0) log.warn('instance.took-over', { conversations: taken });
    } catch (error) {
      log[levelOf(error, 'warn')]('instance.beat-failed', { reason: messageOf(error) });
      // A store that is back before the lease ends is to be found before it ends.
      if (!this.#isStopped) this.#beatIn(this.#timing.beatMs / BEATS_AFTER_FAILURE);
    }
  }

  /**
   * The turns of a lost lease were dropped, and some of them while the store was away. Now that this
   * instance lives again nobody else takes them over, so it does so itself, before it may claim.
   */
  #restore(): Promise<void> {
    if (!this.#hasLost) return Promise.resolve();
    this.#restoring ??= this.#takeBack().finally(() => {
      this.#restoring = undefined;
    });
    return this.#restoring;
  }

  async #takeBack(): Promise<void> {
    const { ledger, log } = this.#options;
    const conversations = await ledger.takeBackOwn();
    this.#hasLost = false;
    if (conversations > 0) log.warn('instance.took-back-own', { conversations });
  }

  #confirm(sentAt: number): void {
    if (this.#isStopped || sentAt <= this.#confirmedAt) return;
    this.#confirmedAt = sentAt;
    const leftMs = this.#leftMs();
    if (leftMs === 0) return;
    this.#held ??= this.#newLease();
    this.#expiry?.cancel();
    this.#expiry = this.#options.clock.timer(leftMs, () => this.#lose());
  }

  #newLease(): { readonly controller: AbortController; readonly lease: Lease } {
    const controller = new AbortController();
    const lease: Lease = {
      signal: controller.signal,
      // A process that was frozen wakes up here before its timers fire.
      remainingMs: () => (controller.signal.aborted ? 0 : this.#leftMs()),
    };
    return { controller, lease };
  }

  #leftMs(): number {
    return Math.max(0, this.#confirmedAt + this.#timing.holdMs - this.#options.clock.monotonicMs());
  }

  #lose(): void {
    const held = this.#held;
    if (held === undefined) return;
    this.#held = undefined;
    this.#hasLost = true;
    this.#options.log.error('instance.lease-lost', { heldForMs: this.#timing.holdMs });
    held.controller.abort(new Error('the lease may have been lost: the ledger confirmed no beat'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopped = true;
    this.#nextBeat?.cancel();
    this.#expiry?.cancel();
    await this.#beating;
    this.#nextBeat?.cancel();
  }
}

const lost = new AbortController();
lost.abort(new Error('this instance holds no lease: the ledger has confirmed no beat yet'));
const lostLease: Lease = { signal: lost.signal, remainingMs: () => 0 };
