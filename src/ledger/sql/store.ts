import type { Dialect, SqlRow, Statement, Unit, UnitResult } from './statement.ts';

/** Where the ledger's rows live. Two kinds exist: a SQLite file and a PostgreSQL database. */
export interface Store extends AsyncDisposable {
  readonly dialect: Dialect;
  /** The store's clock, epoch milliseconds; an estimate where the store is another machine. */
  now(): number;
  /**
   * Runs a unit as one transaction. It is durable when the promise resolves; `refused` means that
   * its guard touched no row and nothing of it remains. A unit that fails does so alone.
   *
   * @throws {RapportError} `ERR_LEDGER_WRITE`
   */
  run(unit: Unit, when?: When): Promise<UnitResult>;
  /** Runs one statement that changes nothing. @throws {RapportError} `ERR_LEDGER_READ` */
  read(statement: Statement, when?: When): Promise<readonly SqlRow[]>;
  /** Runs statements that define tables, in one transaction. */
  define(texts: readonly string[]): Promise<void>;
  /** Leaves nothing on the disk of what was removed, as far as this store can see to that. */
  scrub(): Promise<void>;
  /** Tells the other instances; local listeners are told by the ledger itself. */
  publish(signal: StoreSignal): void;
  /** Hears what other instances publish. Returns how to stop. */
  subscribe(listener: (signal: StoreSignal) => void): () => void;
}

/**
 * - `now`, unless told: somebody waits for it.
 * - `soon`: it may wait some milliseconds for others like it, to share a commit and its fsync with them.
 */
export type When = 'now' | 'soon';

/** A hint, never the truth: it may be lost, and a slow poll finds what it was about. */
export type StoreSignal =
  | { readonly kind: 'due' }
  | { readonly kind: 'feed'; readonly conversationId: string };
