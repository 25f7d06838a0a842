import { statSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import type { SqliteTrouble } from './database-error.ts';
import type { Row } from '../rows.ts';

/** The thread that runs the queries of one SQLite source, one after the other; see `sqlite-process.ts`. */

export interface SqliteSetup {
  readonly file: string;
  /** Most rows that are read. */
  readonly limit: number;
}

export interface SqliteQuestion {
  readonly text: string;
  readonly values: readonly (string | null)[];
}

export type SqliteAnswer =
  | { readonly kind: 'rows'; readonly rows: readonly Row[] }
  | ({ readonly kind: 'trouble' } & SqliteTrouble);

interface Opened {
  readonly database: DatabaseSync;
  /** Which file it was, so that one put in its place is noticed. */
  readonly identity: string;
  readonly statements: Map<string, StatementSync>;
}

/** How long a query waits for another process that writes, in milliseconds of real time. */
const BUSY_TIMEOUT_MS = 1000;

class Reader {
  readonly #setup: SqliteSetup;
  #opened: Opened | undefined;

  constructor(setup: SqliteSetup) {
    this.#setup = setup;
  }

  answer(question: SqliteQuestion): SqliteAnswer {
    let atPrepare = true;
    try {
      const statement = prepare(this.#open(), question.text);
      atPrepare = false;
      const rows: Row[] = [];
      for (const row of statement.iterate(...question.values)) {
        rows.push(row);
        if (rows.length >= this.#setup.limit) break;
      }
      return { kind: 'rows', rows };
    } catch (error) {
      return { kind: 'trouble', atPrepare, ...describe(error) };
    }
  }

  /** The open database; opened anew when another file lies in its place. */
  #open(): Opened {
    const { file } = this.#setup;
    const identity = identityOf(file);
    if (this.#opened !== undefined && this.#opened.identity === identity) return this.#opened;
    this.#opened?.database.close();
    this.#opened = undefined;
    const database = new DatabaseSync(file, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
    this.#opened = { database, identity, statements: new Map() };
    return this.#opened;
  }
}

function identityOf(file: string): string {
  const stats = statSync(file, { bigint: true, throwIfNoEntry: false });
  return stats === undefined ? 'missing' : `${stats.dev}:${stats.ino}`;
}

function prepare({ database, statements }: Opened, text: string): StatementSync {
  const known = statements.get(text);
  if (known !== undefined) return known;
  const statement = database.prepare(text);
  // Without it a number beyond 2^53 would be an error.
  statement.setReadBigInts(true);
  statements.set(text, statement);
  return statement;
}

function describe(error: unknown): Omit<SqliteTrouble, 'atPrepare'> {
  const message = error instanceof Error ? error.message : String(error);
  const errcode = error instanceof Error && 'errcode' in error ? error.errcode : undefined;
  return { message, errcode: typeof errcode === 'number' ? errcode : undefined };
}

const reader = new Reader(workerData as SqliteSetup);
parentPort?.on('message', (question: SqliteQuestion) => {
  parentPort?.postMessage(reader.answer(question));
});
