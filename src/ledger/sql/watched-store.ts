import { notAnswered, troubleOf } from '../errors.ts';
import type { StoreHealth } from '../ledger.ts';
import type { Dialect, SqlRow, Statement, Unit, UnitResult } from './statement.ts';
import type { Store, StoreSignal, When } from './store.ts';

/** How long a change may take before the store is held for one that does not answer, in milliseconds. */
const ANSWER_MS = 5_000;

/**
 * A store that remembers how it failed, for whoever asks if it can be relied on. That a change was taken
 * since says little: one that touches no row needs no room, and a disk may be full for one and not
 * for another. So a trouble lasts until whoever tries the store says that it is over.
 */
export class WatchedStore implements Store {
  readonly #inner: Store;
  #health: StoreHealth = { trouble: undefined, failures: 0, lastFailure: undefined };
  /** Changes that are under way, the oldest first. */
  readonly #underWay = new Set<{ readonly sinceMs: number }>();

  constructor(inner: Store) {
    this.#inner = inner;
  }

  get health(): StoreHealth {
    const [oldest] = this.#underWay;
    const isAnswering = oldest === undefined || this.now() - oldest.sinceMs < ANSWER_MS;
    if (isAnswering || this.#health.trouble !== undefined) return this.#health;
    const lastFailure = notAnswered(ANSWER_MS);
    return { ...this.#health, trouble: troubleOf(lastFailure), lastFailure };
  }

  /** The store has taken a change that needs all that one may need. */
  proved(): void {
    this.#health = { ...this.#health, trouble: undefined };
  }

  get dialect(): Dialect {
    return this.#inner.dialect;
  }

  now(): number {
    return this.#inner.now();
  }

  async run(unit: Unit, when?: When): Promise<UnitResult> {
    const change = { sinceMs: this.now() };
    this.#underWay.add(change);
    try {
      return await this.#inner.run(unit, when);
    } catch (error) {
      this.#note(error);
      throw error;
    } finally {
      this.#underWay.delete(change);
    }
  }

  async read(statement: Statement, when?: When): Promise<readonly SqlRow[]> {
    try {
      return await this.#inner.read(statement, when);
    } catch (error) {
      this.#note(error);
      throw error;
    }
  }

  /** What the store refuses for what is in it, or what takes long to find, says nothing of the store. */
  #note(lastFailure: unknown): void {
    const trouble = troubleOf(lastFailure);
    if (trouble === undefined) return;
    this.#health = { trouble, failures: this.#health.failures + 1, lastFailure };
  }

  define(texts: readonly string[]): Promise<void> {
    return this.#inner.define(texts);
  }

  scrub(): Promise<void> {
    return this.#inner.scrub();
  }

  publish(signal: StoreSignal): void {
    this.#inner.publish(signal);
  }

  subscribe(listener: (signal: StoreSignal) => void): () => void {
    return this.#inner.subscribe(listener);
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#inner[Symbol.asyncDispose]();
  }
}
