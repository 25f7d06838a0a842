import { levelOf, messageOf } from '../../domain/errors.ts';
import type { Gap } from '../../intake/channel/ports.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { sleep, type Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';

/** How often it is written down, in milliseconds: so much is asked for once more after a crash. */
const NOTE_MS = 10_000;
/** How long an instance that listened may have been gone before another one noticed, in milliseconds. */
const TAKEOVER_MS = 12_000;

export interface HeardUntilParts {
  readonly ledger: Pick<Ledger, 'conversations' | 'notes'>;
  /** Until when this instance heard everything; undefined while it does not listen. Epoch milliseconds. */
  readonly heardUntilMs: () => number | undefined;
  /** Since when something is missing that is still asked for; undefined when nothing is. */
  readonly openSinceMs: () => number | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Until when everything on the queues and users was taken in, kept in the ledger. A gap is filled for
 * minutes, since the platform's analytics lag behind: when its listener dies in that time, whoever
 * listens next goes on from the note, and so fills that gap along with the one that the death made.
 */
export class HeardUntil {
  readonly #parts: HeardUntilParts;
  #untilMs: number;

  private constructor(parts: HeardUntilParts, untilMs: number) {
    this.#parts = parts;
    this.#untilMs = untilMs;
  }

  /** To be opened before anything can come in, or this start itself would count as having seen events. */
  static async open(parts: HeardUntilParts): Promise<HeardUntil> {
    return new HeardUntil(parts, await lastSeen(parts.ledger, parts.clock.wallMs()));
  }

  /** What nobody has listened to, or was still being asked for, up to this instant (epoch milliseconds). */
  gapBefore(liveAtMs: number): Gap {
    const fromMs = Math.min(this.#untilMs, liveAtMs - TAKEOVER_MS);
    return { fromMs, toMs: liveAtMs, reason: 'nobody listened' };
  }

  /**
   * Goes on from what was noted last under this name, and notes how far it is for as long as `listen`
   * lasts, which is to end with the signal, and how far it was then: whoever listens next asks for what
   * is still open. Instances that listen to the same have the same name for it.
   */
  async during(name: string, signal: AbortSignal, listen: () => Promise<void>): Promise<void> {
    const noted = await this.#parts.ledger.notes.read(name);
    if (noted !== undefined) this.#untilMs = Number(noted);
    let lastMs: number | undefined;
    // Asked before `listen` hears of it, which then knows no more.
    const onAbort = (): void => void (lastMs = this.#parts.heardUntilMs());
    signal.addEventListener('abort', onAbort, { once: true });
    const over = new AbortController();
    const noting = this.#note(name, over.signal);
    try {
      await listen();
    } finally {
      over.abort(new Error('nobody listens any more'));
      await noting;
      signal.removeEventListener('abort', onAbort);
      // What had come in by then is durable by now: `listen` ends with it.
      if (lastMs !== undefined) await this.#write(name, lastMs);
    }
  }

  async #note(name: string, signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts;
    while (!signal.aborted) {
      await sleep(clock, NOTE_MS, signal).catch(() => undefined);
      const untilMs = signal.aborted ? undefined : this.#parts.heardUntilMs();
      if (untilMs !== undefined) await this.#write(name, untilMs);
    }
  }

  async #write(name: string, heardUntilMs: number): Promise<void> {
    const { ledger, openSinceMs, log } = this.#parts;
    const untilMs = Math.floor(Math.min(heardUntilMs, openSinceMs() ?? heardUntilMs));
    try {
      await ledger.notes.write(name, String(untilMs));
    } catch (error) {
      // The note of before stands: more is asked for than was missed.
      log[levelOf(error, 'warn')]('gap.not-noted', { message: messageOf(error) });
    }
  }
}

/**
 * Where nothing was noted yet: the last change of any conversation. With an empty ledger nothing was
 * asked to be seen before this start; but requests come in, and calls, before it listens.
 */
async function lastSeen(
  ledger: Pick<Ledger, 'conversations'>,
  startedAtMs: number,
): Promise<number> {
  const [last] = await ledger.conversations({ limit: 1 });
  return last?.changedAt ?? startedAtMs;
}
