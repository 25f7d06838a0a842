import type { LimitSettings } from './settings.ts';

/** What opens and fills a window, besides the calls that the emulator sees. */
export type WindowRules = Pick<LimitSettings, 'windowMs' | 'opens' | 'countRefused'> & {
  readonly allowed: number;
  readonly strangersPerMinute: number;
};

/** Both readings of one instant; windows run on the monotonic one. */
export interface Instant {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

const MINUTE_MS = 60_000;

/** Keeps the n-th arrival the n-th when `n / rate * rate` falls short of n by a rounding error. */
const ROUNDING = 1e-6;

/**
 * One fixed window after another for one key. Between two windows that the first call opens there
 * is a gap in which none is open: `endsAtMs` then lies in the past.
 *
 * Strangers are requests of others on the same key. They arrive evenly on the monotonic clock, open
 * windows like anybody else, and are refused like anybody else.
 */
export class RateWindow {
  readonly #rules: WindowRules;
  #endsAtMs = Number.NEGATIVE_INFINITY;
  #used = 0;
  /** Strangers are numbered from the clock's start; this many are behind us. */
  #strangersSeen: number;

  constructor(rules: WindowRules, now: Instant, start?: { used: number; openedBeforeMs: number }) {
    this.#rules = rules;
    this.#strangersSeen = this.#arrivedBy(now.monotonicMs);
    if (start === undefined || start.used === 0) return;
    this.#endsAtMs =
      this.#endOfWindow(now) - (rules.opens === 'aligned' ? 0 : start.openedBeforeMs);
    this.#used = Math.min(start.used, rules.allowed);
  }

  get allowed(): number {
    return this.#rules.allowed;
  }

  /** Requests counted in the window that is open, or was last. */
  get used(): number {
    return this.#used;
  }

  /** On the monotonic clock; in the past when no window is open. */
  get endsAtMs(): number {
    return this.#endsAtMs;
  }

  /** Brings the window up to `now`: ends it, opens the one that strangers opened, counts them. */
  catchUp(now: Instant): void {
    const arrived = this.#arrivedBy(now.monotonicMs);
    if (this.#rules.opens === 'aligned') this.#turnAligned(now);
    else if (this.#rules.strangersPerMinute > 0) this.#turnByStrangers(now);
    this.#addStrangers(Math.max(0, arrived - this.#strangersSeen));
    this.#strangersSeen = arrived;
  }

  hasRoom(now: Instant): boolean {
    return now.monotonicMs >= this.#endsAtMs || this.#used < this.#rules.allowed;
  }

  /** Counts one request of ours. The caller has caught up and, unless it counts refusals, found room. */
  count(now: Instant): void {
    if (now.monotonicMs >= this.#endsAtMs) {
      this.#endsAtMs = this.#endOfWindow(now);
      this.#used = 0;
    }
    this.#used += 1;
  }

  #turnAligned(now: Instant): void {
    if (now.monotonicMs < this.#endsAtMs) return;
    this.#endsAtMs = this.#endOfWindow(now);
    this.#used = 0;
    const first = this.#firstNotBefore(this.#endsAtMs - this.#rules.windowMs);
    this.#strangersSeen = Math.max(this.#strangersSeen, first - 1);
  }

  /** Plays window after window that a stranger opened while the emulator saw no call. */
  #turnByStrangers(now: Instant): void {
    while (now.monotonicMs >= this.#endsAtMs) {
      const opener = Math.max(this.#strangersSeen + 1, this.#firstNotBefore(this.#endsAtMs));
      const opensAtMs = opener / this.#strangersPerMs();
      if (opensAtMs > now.monotonicMs) {
        this.#strangersSeen = opener - 1;
        return;
      }
      this.#endsAtMs = opensAtMs + this.#rules.windowMs;
      this.#used = 0;
      this.#strangersSeen = opener - 1;
    }
  }

  #addStrangers(arrivals: number): void {
    const sum = this.#used + arrivals;
    const capped = Math.max(this.#used, Math.min(sum, this.#rules.allowed));
    this.#used = this.#rules.countRefused ? sum : capped;
  }

  #strangersPerMs(): number {
    return this.#rules.strangersPerMinute / MINUTE_MS;
  }

  /** How many strangers have arrived at `ms`, that instant included. */
  #arrivedBy(ms: number): number {
    return Math.floor(ms * this.#strangersPerMs() + ROUNDING);
  }

  /** The number of the first stranger who arrives at `ms` or later. */
  #firstNotBefore(ms: number): number {
    return Math.ceil(ms * this.#strangersPerMs() - ROUNDING);
  }

  #endOfWindow(now: Instant): number {
    const { opens, windowMs } = this.#rules;
    return now.monotonicMs + windowMs - (opens === 'aligned' ? now.wallMs % windowMs : 0);
  }
}
