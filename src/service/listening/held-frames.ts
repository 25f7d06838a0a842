/**
 * Keeps frames that came while the store was away, and takes them in as soon as it is back: nobody
 * sends them again, and the platform's analytics, by which gaps are filled, are minutes behind.
 *
 * While some are kept, those that come are put behind them: on the whole they are taken in as they
 * came. Where the store takes a part of those that are handed to it together, the rest comes later; no verdict
 * rests on the order in which frames come. What there is no room for is refused, and left to gap fill.
 */
import { isRapportError, messageOf } from '../../domain/errors.ts';
import type { GapFiller } from '../../intake/listening/gap-fill.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { sleep, type Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { Inlet } from '../inlet.ts';

/** Frames that are kept at most: some ten megabytes. */
const MAX_HELD = 1_000;
/** How often it is looked whether the store is back, in milliseconds. */
const LOOK_MS = 250;
/** How many are taken in at a time. */
const TOGETHER = 32;

export interface HeldFramesParts {
  readonly inlet: Pick<Inlet, 'take'>;
  readonly ledger: Pick<Ledger, 'health'>;
  readonly gaps: Pick<GapFiller, 'add'>;
  readonly clock: Clock;
  readonly log: Log;
  /** @defaultValue 1000 */
  readonly maxHeld?: number | undefined;
}

interface Held {
  readonly frame: unknown;
  /** When it came; epoch milliseconds. */
  readonly atMs: number;
}

export class HeldFrames implements AsyncDisposable {
  readonly #parts: HeldFramesParts;
  readonly #stop = new AbortController();
  #held: Held[] = [];
  #retaking: Promise<void> | undefined;

  constructor(parts: HeldFramesParts) {
    this.#parts = parts;
  }

  /** Since when something is kept that is not durable; epoch milliseconds, undefined for nothing. */
  get sinceMs(): number | undefined {
    return this.#held[0]?.atMs;
  }

  /** Resolves once the frame is taken in, or kept. Rejects with what makes both impossible. */
  async take(frame: unknown): Promise<void> {
    const { inlet, clock } = this.#parts;
    const atMs = clock.wallMs();
    // Without room it is tried as if nothing were kept: the store says why not, or is back.
    if (this.#held.length === 0 || !this.#hasRoom) {
      try {
        await inlet.take(frame);
        return;
      } catch (error) {
        if (!isOfStore(error) || !this.#hasRoom) throw error;
      }
    }
    this.#held.push({ frame, atMs });
    this.#retaking ??= this.#retake();
  }

  /** What is still kept is given up: whoever listens next asks for that time. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error('the service stops'));
    await this.#retaking;
  }

  get #hasRoom(): boolean {
    return this.#held.length < (this.#parts.maxHeld ?? MAX_HELD) && !this.#stop.signal.aborted;
  }

  /** Not tried while it is known to take no changes. */
  get #isStoreAway(): boolean {
    return this.#parts.ledger.health.trouble !== undefined;
  }

  async #retake(): Promise<void> {
    const { clock, log } = this.#parts;
    const { signal } = this.#stop;
    const beganMs = this.sinceMs ?? clock.wallMs();
    let frames = 0;
    while (this.#held.length > 0) {
      await sleep(clock, LOOK_MS, signal).catch(() => undefined);
      // One alone finds out whether the store is back: each that is tried may cost a read of the platform.
      let together = 1;
      while (this.#held.length > 0 && together > 0 && !this.#isStoreAway && !signal.aborted) {
        const taken = await this.#takeSome(together);
        frames += taken;
        together = taken === 0 ? 0 : TOGETHER;
      }
      if (signal.aborted) return;
    }
    // At once: what is kept from here on needs another to take it in.
    this.#retaking = undefined;
    log.info('channel.frames-taken-late', { frames, forMs: Math.round(clock.wallMs() - beganMs) });
  }

  /** How many are kept no more. */
  async #takeSome(most: number): Promise<number> {
    const some = this.#held.slice(0, most);
    const results = await Promise.allSettled(
      some.map(({ frame }) => this.#parts.inlet.take(frame, { isLate: true })),
    );
    const refused = some.filter((_, i) => {
      const result = results[i];
      return result?.status === 'rejected' && isOfStore(result.reason);
    });
    some.forEach((held, i) => {
      const result = results[i];
      if (result?.status === 'rejected' && !isOfStore(result.reason))
        this.#lose(held, result.reason);
    });
    this.#held = [...refused, ...this.#held.slice(some.length)];
    return some.length - refused.length;
  }

  #lose({ atMs }: Held, error: unknown): void {
    const { gaps, clock, log } = this.#parts;
    log.error('channel.frame-failed', { message: messageOf(error) });
    gaps.add({ fromMs: atMs, toMs: clock.wallMs(), reason: 'frames could not be taken' });
  }
}

function isOfStore(error: unknown): boolean {
  return isRapportError(error) && error.fault === 'store';
}
