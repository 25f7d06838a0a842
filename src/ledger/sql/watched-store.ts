import { troubleOf } from '../errors.ts';
import type { Dialect, SqlRow, Statement, Unit, UnitResult } from './statement.ts';
import type { Store, StoreSignal, When } from './store.ts';

/** A store that remembers whether it took the last change, for whoever asks if it can be relied on. */
export class WatchedStore implements Store {
  readonly #inner: Store;
  #trouble: string | undefined;

  constructor(inner: Store) {
    this.#inner = inner;
  }

  /** What kept the last change from being taken, in words without a path; undefined when nothing did. */
  get trouble(): string | undefined {
    return this.#trouble;
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
      this.#trouble = undefined;
      return result;
    } catch (error) {
      // A unit that the store refuses for what is in it says nothing of the store.
      this.#trouble = troubleOf(error) ?? this.#trouble;
      throw error;
    }
  }

  read(statement: Statement, when?: When): Promise<readonly SqlRow[]> {
    return this.#inner.read(statement, when);
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
