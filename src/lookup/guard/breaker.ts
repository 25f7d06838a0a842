import type { Clock } from '../../lib/clock.ts';

/**
 * Leaves a failing source alone for a while, so that lookups fail at once instead of waiting for
 * a time-out each, and so that a source which is coming back is not trampled.
 *
 * - `closed`: calls pass; the latest results are remembered. When enough of them failed: `open`.
 * - `open`: calls are refused until `untilMs`. The first call after that makes it `probing`.
 * - `probing`: one call passes and the others are refused. Its success closes the breaker; its
 *   failure opens it again for twice as long.
 *
 * A result that arrives after the state has changed says nothing about the new state and is ignored.
 *
 * This is our own and not cockatiel's, because that one reads `Date.now()` when it opens and when
 * it asks whether it may close (CircuitBreakerPolicy, version 4.0.0), so it can follow neither a
 * manual nor a scaled clock; and its half-open state makes callers wait for the probe's result.
 */
type BreakerState =
  | { readonly kind: 'closed'; readonly results: Result[] }
  | { readonly kind: 'open'; readonly untilMs: number; readonly openings: number }
  | { readonly kind: 'probing'; readonly openings: number };

interface Result {
  readonly atMs: number;
  readonly failed: boolean;
}

export interface BreakerOptions {
  /** How many of the latest calls are looked at. */
  readonly calls: number;
  /** With fewer results than this, it stays closed. */
  readonly minCalls: number;
  /** Results older than this many milliseconds do not count. */
  readonly windowMs: number;
  /** Opens when at least this share of the calls failed, 0 to 1. */
  readonly failureShare: number;
  /** First time it opens, for this many milliseconds; doubled at each failed probe. */
  readonly openMs: number;
  /** Longest time it stays open, in milliseconds. */
  readonly maxOpenMs: number;
}

/** Permission for one call. Report exactly one of the three. */
export interface Pass {
  succeeded(): void;
  failed(): void;
  /** The call was given up for a reason that has nothing to do with the source. */
  cancelled(): void;
}

export type BreakerKind = BreakerState['kind'];

export class Breaker {
  #state: BreakerState = { kind: 'closed', results: [] };
  readonly #clock: Clock;
  readonly #options: BreakerOptions;
  readonly #onChange: (kind: BreakerKind) => void;

  constructor(
    clock: Clock,
    options: BreakerOptions,
    onChange: (kind: BreakerKind) => void = () => {},
  ) {
    this.#clock = clock;
    this.#options = options;
    this.#onChange = onChange;
  }

  get kind(): BreakerKind {
    return this.#state.kind;
  }

  /** How long a call would be refused from now on, in milliseconds; 0 when one may pass. */
  get refusedForMs(): number {
    if (this.#state.kind !== 'open') return 0;
    return Math.max(0, this.#state.untilMs - this.#clock.monotonicMs());
  }

  /** A pass for one call, or undefined when calls are refused. */
  enter(): Pass | undefined {
    const state = this.#state;
    switch (state.kind) {
      case 'closed':
        return this.#pass(state);
      case 'probing':
        return undefined;
      case 'open': {
        if (this.refusedForMs > 0) return undefined;
        const probing: BreakerState = { kind: 'probing', openings: state.openings };
        this.#become(probing);
        return this.#pass(probing);
      }
    }
  }

  #pass(entered: BreakerState): Pass {
    const whileSame = (act: () => void) => (): void => {
      if (this.#state === entered) act();
    };
    return {
      succeeded: whileSame(() => this.#succeed()),
      failed: whileSame(() => this.#fail()),
      cancelled: whileSame(() => this.#cancel()),
    };
  }

  #succeed(): void {
    if (this.#state.kind === 'closed') this.#record(this.#state.results, false);
    else this.#become({ kind: 'closed', results: [] });
  }

  #fail(): void {
    if (this.#state.kind !== 'closed') {
      this.#open(this.#state.openings + 1);
      return;
    }
    const results = this.#record(this.#state.results, true);
    const failures = results.filter((result) => result.failed).length;
    const { minCalls, failureShare } = this.#options;
    if (results.length >= minCalls && failures >= results.length * failureShare) this.#open(1);
  }

  /** A probe that was given up proved nothing: the next call may probe. */
  #cancel(): void {
    if (this.#state.kind !== 'probing') return;
    const untilMs = this.#clock.monotonicMs();
    this.#become({ kind: 'open', untilMs, openings: this.#state.openings });
  }

  #record(results: Result[], failed: boolean): readonly Result[] {
    const atMs = this.#clock.monotonicMs();
    results.push({ atMs, failed });
    const tooOld = (result: Result | undefined): boolean =>
      result !== undefined && atMs - result.atMs > this.#options.windowMs;
    while (results.length > this.#options.calls || tooOld(results[0])) results.shift();
    return results;
  }

  #open(openings: number): void {
    const { openMs, maxOpenMs } = this.#options;
    const forMs = Math.min(maxOpenMs, openMs * 2 ** (openings - 1));
    this.#become({ kind: 'open', untilMs: this.#clock.monotonicMs() + forMs, openings });
  }

  #become(state: BreakerState): void {
    this.#state = state;
    this.#onChange(state.kind);
  }
}
