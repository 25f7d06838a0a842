import { levelOf, messageOf } from '../domain/errors.ts';
import { sleep, type Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { RetentionOptions } from '../ledger/options.ts';
import { DEFAULT_TIMING, type BeatTiming } from './instance.ts';

/** Work that exactly one instance does at a time: to listen to a set of queues, to seal, to sweep. */
export interface Duty {
  readonly name: string;
  /**
   * Does the work until the signal aborts. Ending early, by return or rejection, is begun again
   * after a pause.
   */
  run(signal: AbortSignal): Promise<void>;
}

export interface DutiesOptions {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly log: Log;
  readonly duties: readonly Duty[];
  readonly timing?: BeatTiming | undefined;
}

/** Time before a duty that ended early is begun again, in milliseconds. */
const AGAIN_MS = 1_000;
/** How many times as often as at each beat a store is asked that did not answer. */
const ASKS_PER_BEAT = 4;

/** Stands for each duty, and does those that this instance holds. */
export interface Duties extends AsyncDisposable {
  /** Names of the duties that this instance holds now. */
  held(): readonly string[];
  /**
   * Names of those that another instance has, as far as the store told last. One that died has them
   * for `aliveMs` more.
   */
  elsewhere(): readonly string[];
  /** Resolves when another instance is found to have one of them, for the first time. */
  readonly foundElsewhere: Promise<void>;
}

export function startDuties(options: DutiesOptions): Duties {
  const stop = new AbortController();
  const found = Promise.withResolvers<void>();
  const holders = options.duties.map((duty) => new DutyHolder(duty, options, found.resolve));
  const running = holders.map((holder) => holder.stand(stop.signal));
  const namesAt = (place: Place): readonly string[] =>
    holders.filter((holder) => holder.place === place).map((holder) => holder.name);
  return {
    held: () => namesAt('here'),
    elsewhere: () => namesAt('elsewhere'),
    foundElsewhere: found.promise,
    async [Symbol.asyncDispose]() {
      stop.abort(new Error('the service stops'));
      await Promise.all(running);
    },
  };
}

/** `unknown` before the store has told, and while it does not answer. */
type Place = 'here' | 'elsewhere' | 'unknown';

class DutyHolder {
  readonly name: string;
  place: Place = 'unknown';
  readonly #duty: Duty;
  readonly #options: DutiesOptions;
  readonly #onElsewhere: () => void;
  readonly #timing: BeatTiming;

  constructor(duty: Duty, options: DutiesOptions, onElsewhere: () => void) {
    this.name = duty.name;
    this.#duty = duty;
    this.#options = options;
    this.#onElsewhere = onElsewhere;
    this.#timing = options.timing ?? DEFAULT_TIMING;
  }

  /** Asks for the duty at every beat, and does it for as long as it is surely held. */
  async stand(stop: AbortSignal): Promise<void> {
    const { ledger, clock } = this.#options;
    while (!stop.aborted) {
      this.place = await this.#ask();
      if (this.place === 'elsewhere') this.#onElsewhere();
      if (this.place === 'here') await this.#hold(stop);
      else await sleep(clock, this.#pauseAfter(this.place), stop).catch(() => undefined);
    }
    if (ledger.leases === 'process') return;
    await ledger
      .dropDuty(this.name)
      .catch((error: unknown) => this.#warn('duty.dropFailed', error));
  }

  async #hold(stop: AbortSignal): Promise<void> {
    const { ledger } = this.#options;
    const lost = new AbortController();
    const signal = AbortSignal.any([stop, lost.signal]);
    const work = this.#work(signal);
    // The lock file of a lone process cannot be lost; a row in a shared store can.
    if (ledger.leases === 'beaten') await this.#keep(signal);
    else await aborted(signal);
    lost.abort(new Error(`the duty ${this.name} was lost`));
    await work;
    this.place = 'unknown';
  }

  /** Returns when the duty may be somebody else's, by this process's own monotonic clock. */
  async #keep(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    let keptAt = clock.monotonicMs();
    let answer: 'kept' | 'lost' | 'unknown' = 'kept';
    while (!signal.aborted) {
      await sleep(clock, this.#pauseAfter(answer), signal).catch(() => undefined);
      if (signal.aborted) return;
      const askedAt = clock.monotonicMs();
      answer = await this.#askWithin(this.#timing.holdMs - (askedAt - keptAt), signal);
      if (answer === 'kept') keptAt = askedAt;
      else if (answer === 'lost' || clock.monotonicMs() - keptAt >= this.#timing.holdMs) return;
    }
  }

  /** A store that did not answer may be back before a duty is lost that is kept till the next beat. */
  #pauseAfter(answer: Place | 'kept' | 'lost'): number {
    return this.#timing.beatMs / (answer === 'unknown' ? ASKS_PER_BEAT : 1);
  }

  async #askWithin(ms: number, signal: AbortSignal): Promise<'kept' | 'lost' | 'unknown'> {
    const { ledger, clock } = this.#options;
    const late = sleep(clock, Math.max(0, ms), signal).then(
      () => 'unknown' as const,
      () => 'unknown' as const,
    );
    const asked = ledger.holdDuty(this.name, this.#timing.aliveMs).then(
      (kept) => (kept ? ('kept' as const) : ('lost' as const)),
      (error: unknown) => {
        this.#warn('duty.askFailed', error);
        return 'unknown' as const;
      },
    );
    return Promise.race([asked, late]);
  }

  async #ask(): Promise<Place> {
    const { ledger } = this.#options;
    if (ledger.leases === 'process') return 'here';
    try {
      const isOurs = await ledger.holdDuty(this.name, this.#timing.aliveMs);
      return isOurs ? 'here' : 'elsewhere';
    } catch (error) {
      this.#warn('duty.askFailed', error);
      return 'unknown';
    }
  }

  async #work(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#duty.run(signal);
      } catch (error) {
        if (!signal.aborted) this.#warn('duty.failed', error);
      }
      await sleep(this.#options.clock, AGAIN_MS, signal).catch(() => undefined);
    }
  }

  #warn(event: string, error: unknown): void {
    this.#options.log[levelOf(error, 'warn')](event, { duty: this.name, reason: messageOf(error) });
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

const SEAL_EVERY_MS = 1_000;
const SWEEP_EVERY_MS = 60_000;

/** The duties that the ledger itself needs done. */
export function ledgerDuties(parts: {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly log: Log;
  /** Asked at each sweep. */
  readonly retention: () => RetentionOptions;
}): readonly Duty[] {
  const { ledger, clock, log, retention } = parts;
  const every = (ms: number, once: (signal: AbortSignal) => Promise<unknown>): Duty['run'] =>
    async function run(signal) {
      while (!signal.aborted) {
        await once(signal);
        await sleep(clock, ms, signal).catch(() => undefined);
      }
    };
  const sweep = async (signal: AbortSignal): Promise<void> => {
    const swept = await ledger.sweep(retention(), signal);
    if (Object.values(swept).some((rows) => rows > 0)) log.debug('ledger.swept', { ...swept });
  };
  return [
    { name: 'sealer', run: every(SEAL_EVERY_MS, () => ledger.sealAudit()) },
    { name: 'sweeper', run: every(SWEEP_EVERY_MS, sweep) },
  ];
}
