import { troubleOf } from '../errors.ts';
import type { StoreHealth } from '../ledger.ts';
import type { Dialect, SqlRow, Statement, Unit, UnitResult } from './statement.ts';
import type { Store, StoreSignal, When } from './store.ts';

/**
 * A store that remembers how it failed, for whoever asks if it can be relied on. That a change was taken
 * since says little: one that touches no row needs no room, and a disk may be full for one and not
 * for another. So a trouble lasts until whoever tries the store says that it is over.
 */
export class WatchedStore implements Store {
  readonly #inner: Store;
  #health: StoreHealth = { trouble: undefined, failures: 0, lastFailure: undefined };

  constructor(inner: Store) {
    this.#inner = inner;
  }

  get health(): StoreHealth {
    return this.#health;
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
    try {
      return await this.#inner.run(unit, when);
    } catch (error) {
      // A unit that the store refuses for what is in it says nothing of the store.
      const trouble = troubleOf(error);
      if (trouble !== undefined) this.#note(error, trouble);
      throw error;
    }
  }

  async read(statement: Statement, when?: When): Promise<readonly SqlRow[]> {
    try {
      return await this.#inner.read(statement, when);
    } catch (error) {
      // Whether it takes changes is for a change to say.
      if (troubleOf(error) !== undefined) this.#note(error, this.#health.trouble);
      throw error;
    }
  }

  #note(lastFailure: unknown, trouble: string | undefined): void {
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
