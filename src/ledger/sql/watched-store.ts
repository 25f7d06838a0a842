import { troubleOf } from '../errors.ts';
import type { StoreHealth } from '../ledger.ts';
import type { Dialect, SqlRow, Statement, Unit, UnitResult } from './statement.ts';
import type { Store, StoreSignal, When } from './store.ts';

/** A store that remembers whether it took the last change, for whoever asks if it can be relied on. */
export class WatchedStore implements Store {
  readonly #inner: Store;
  #health: StoreHealth = { trouble: undefined, failures: 0, lastFailure: undefined };

  constructor(inner: Store) {
    this.#inner = inner;
  }

  get health(): StoreHealth {
    return this.#health;
  }

  get dialect(): Dialect {
    return this.#inner.dialect;
  }

  now(): number {
    return this.#inner.now();
  }

  async run(unit: Unit, when?: When): Promise<UnitResult> {
    try {
      const result = await this.#inner.run(unit, when);
      if (this.#health.trouble !== undefined)
        this.#health = { ...this.#health, trouble: undefined };
      return result;
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
      // Whether it takes changes is for a change to say: none may follow that would say that it does.
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
