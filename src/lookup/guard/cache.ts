import { LRUCache } from 'lru-cache';
import type { Clock, Timer } from '../../lib/clock.ts';

export interface CacheOptions {
  /** How long a found answer is given without asking, in milliseconds. */
  readonly freshMs: number;
  /** How long after that it may still be given when the source fails, in milliseconds. */
  readonly staleMs: number;
  /** How long "not found" is given without asking, in milliseconds. */
  readonly notFoundMs: number;
  /** Most answers kept. */
  readonly max: number;
  /** Most memory for them, in bytes, by their size as JSON. */
  readonly maxBytes: number;
}

export type CachedAnswer =
  | { readonly found: true; readonly value: unknown; readonly bytes: number }
  | { readonly found: false };

interface Entry {
  readonly answer: CachedAnswer;
  readonly storedAtMs: number;
  /** The customer's key, so that a person can be forgotten. */
  readonly key: string | undefined;
}

export interface CacheHit {
  readonly answer: CachedAnswer;
  readonly ageMs: number;
  readonly isFresh: boolean;
}

/** What a "not found" is counted as, in bytes. */
const NOT_FOUND_BYTES = 64;

/**
 * Answers of one source, least recently used out first. An answer leaves when its windows are
 * over, too: a timer that runs only while something is kept removes what nobody asks for any
 * more, since these are data of persons.
 */
export class AnswerCache implements Disposable {
  readonly #clock: Clock;
  readonly #options: CacheOptions;
  readonly #entries: LRUCache<string, Entry>;
  #sweep: Timer | undefined;

  constructor(clock: Clock, options: CacheOptions) {
    this.#clock = clock;
    this.#options = options;
    this.#entries = new LRUCache<string, Entry>({
      max: options.max,
      maxSize: options.maxBytes,
      // lru-cache takes a start of 0 for "no time to live", so our time must never be 0.
      perf: { now: () => clock.monotonicMs() + 1 },
      // With a resolution above 0 it would remember the time with a timer of its own.
      ttlResolution: 0,
    });
  }

  get size(): number {
    return this.#entries.size;
  }

  get(id: string): CacheHit | undefined {
    const entry = this.#entries.get(id);
    if (entry === undefined) return undefined;
    const ageMs = this.#clock.monotonicMs() - entry.storedAtMs;
    const freshMs = entry.answer.found ? this.#options.freshMs : this.#options.notFoundMs;
    return { answer: entry.answer, ageMs, isFresh: ageMs < freshMs };
  }

  put(id: string, key: string | undefined, answer: CachedAnswer): void {
    const { freshMs, staleMs, notFoundMs } = this.#options;
    const ttl = answer.found ? freshMs + staleMs : notFoundMs;
    if (ttl <= 0) {
      this.#entries.delete(id);
      return;
    }
    const size = answer.found ? Math.max(1, answer.bytes) : NOT_FOUND_BYTES;
    const entry: Entry = { answer, storedAtMs: this.#clock.monotonicMs(), key };
    this.#entries.set(id, entry, { ttl, size });
    this.#armSweep();
  }

  /** Forgets every answer that was asked for with such a key; returns how many there were. */
  forget(isTheirs: (key: string) => boolean): number {
    let forgotten = 0;
    for (const [id, entry] of this.#entries.entries()) {
      if (entry.key === undefined || !isTheirs(entry.key)) continue;
      this.#entries.delete(id);
      forgotten += 1;
    }
    return forgotten;
  }

  [Symbol.dispose](): void {
    this.#sweep?.cancel();
    this.#sweep = undefined;
    this.#entries.clear();
  }

  #armSweep(): void {
    if (this.#sweep !== undefined || this.#entries.size === 0) return;
    const { freshMs, staleMs, notFoundMs } = this.#options;
    const everyMs = Math.max(1, freshMs + staleMs, notFoundMs);
    this.#sweep = this.#clock.timer(everyMs, () => {
      this.#sweep = undefined;
      this.#entries.purgeStale();
      this.#armSweep();
    });
  }
}
