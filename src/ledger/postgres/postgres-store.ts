import type { Client, ClientConfig, Pool, PoolClient, QueryResult } from 'pg';
import { messageOf } from '../../domain/errors.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { ledgerClosed, ledgerUnusable, writeFailed } from '../errors.ts';
import {
  postgresDialect,
  postgresDialectOnCallersClock,
  valuesOf,
  type Dialect,
  type SqlRow,
  type SqlValue,
  type Statement,
  type Unit,
  type UnitResult,
} from '../sql/statement.ts';
import type { Store, StoreSignal } from '../store.ts';
import { Hearing } from './hearing.ts';
import { Notifier } from './notifier.ts';

export interface PostgresStoreOptions {
  /** `postgres://user:password@host:port/database` */
  readonly url: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  /** Connections for work; one more listens. Default 10. */
  readonly poolSize?: number | undefined;
  /** The caller's clock instead of the server's, for a test that moves time. */
  readonly nowMs?: (() => number) | undefined;
}

const POOL_SIZE = 10;
/** Milliseconds to wait for a connection, for a lock, and for an answer. */
const CONNECT_MS = 5_000;
const LOCK_MS = 5_000;
const ANSWER_MS = 15_000;
/**
 * Milliseconds that an open transaction may stand still. A process that was frozen inside one
 * keeps its row locks; the server ends it well before others take over what it held.
 */
const IDLE_IN_TRANSACTION_MS = 4_000;
const INT8_OID = 20;
/** One migration at a time in a database; the number is this package's own. */
const MIGRATION_LOCK = 726_267_735;

/**
 * A PostgreSQL database. A unit is one transaction, sent in as few round trips as it allows: all at
 * once, or up to its guard and then the rest.
 */
export class PostgresStore implements Store {
  readonly dialect: Dialect;
  readonly now: () => number;
  readonly #pool: Pool;
  readonly #hearing: Hearing;
  readonly #notifier: Notifier;
  #closing: Promise<void> | undefined;

  private constructor(pool: Pool, hearing: Hearing, options: PostgresStoreOptions) {
    this.#pool = pool;
    this.#hearing = hearing;
    this.dialect = options.nowMs === undefined ? postgresDialect : postgresDialectOnCallersClock;
    this.now = options.nowMs ?? (() => hearing.serverNow());
    this.#notifier = new Notifier({
      clock: options.clock,
      sender: hearing.sender,
      send: async (channel, payload) => {
        await pool.query('select pg_notify($1, $2)', [channel, payload]);
      },
      onError: (error) => options.log.debug('ledger.notifyFailed', { reason: messageOf(error) }),
    });
    // A connection that breaks fails what runs on it, and is replaced. Without a listener of its own
    // it would end the process: the pool's hears idle connections only.
    const onError = (error: Error): void =>
      options.log.warn('ledger.connectionLost', { reason: messageOf(error) });
    pool.on('error', onError);
    pool.on('connect', (client) => client.on('error', onError));
  }

  /** @throws {RapportError} `ERR_LEDGER_OPEN` */
  static async open(options: PostgresStoreOptions): Promise<PostgresStore> {
    // Loaded only where it is used: a SQLite installation starts without it.
    const { default: pg } = await import('pg');
    const config: ClientConfig = {
      connectionString: options.url,
      application_name: 'rapport',
      keepAlive: true,
      pipeline: true,
      connectionTimeoutMillis: CONNECT_MS,
      query_timeout: ANSWER_MS,
      lock_timeout: LOCK_MS,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
      types: {
        getTypeParser: (oid, format) =>
          isInt8(oid) ? Number : pg.types.getTypeParser(oid, format),
      },
    };
    const hearing = new Hearing({
      clock: options.clock,
      random: options.random,
      log: options.log,
      connect: (): Client => new pg.Client({ ...config, pipeline: false }),
    });
    const pool = new pg.Pool({ ...config, max: options.poolSize ?? POOL_SIZE });
    const store = new PostgresStore(pool, hearing, options);
    try {
      await hearing.start();
    } catch (error) {
      await store[Symbol.asyncDispose]();
      throw ledgerUnusable(describe(options.url), error);
    }
    return store;
  }

  async run(unit: Unit): Promise<UnitResult> {
    if (this.#closing !== undefined) throw ledgerClosed();
    try {
      return await this.#withClient((client) => this.#transaction(client, unit));
    } catch (error) {
      throw writeFailed(error, 'postgres');
    }
  }

  async read(statement: Statement): Promise<readonly SqlRow[]> {
    if (this.#closing !== undefined) throw ledgerClosed();
    try {
      return await this.#withClient(async (client) => (await this.#send(client, statement)).rows);
    } catch (error) {
      throw writeFailed(error, 'postgres');
    }
  }

  async define(texts: readonly string[]): Promise<void> {
    await this.#withClient(async (client) => {
      const all = ['begin', `select pg_advisory_xact_lock(${MIGRATION_LOCK})`, ...texts, 'commit'];
      for (const text of all) await client.query(text);
    });
  }

  publish(signal: StoreSignal): void {
    this.#notifier.publish(signal);
  }

  subscribe(listener: (signal: StoreSignal) => void): () => void {
    return this.#hearing.subscribe(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async #close(): Promise<void> {
    await this.#notifier[Symbol.asyncDispose]();
    await this.#hearing[Symbol.asyncDispose]();
    await this.#pool.end();
  }

  /** A connection on which anything failed is not used again: its state is nobody's to guess. */
  async #withClient<T>(use: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect();
    try {
      const result = await use(client);
      client.release();
      return result;
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  async #transaction(client: PoolClient, unit: Unit): Promise<UnitResult> {
    const [first] = unit;
    if (unit.length === 1 && first !== undefined) {
      const result = await this.#send(client, first);
      return first.guard === true && result.rowCount === 0 ? 'refused' : [result.rows];
    }
    const split = unit.findIndex((statement) => statement.guard === true) + 1;
    const head = await together([
      client.query('begin'),
      ...unit.slice(0, split).map((statement) => this.#send(client, statement)),
    ]);
    if (split > 0 && head.at(-1)?.rowCount === 0) {
      await client.query('rollback');
      return 'refused';
    }
    const tail = await together([
      ...unit.slice(split).map((statement) => this.#send(client, statement)),
      client.query('commit'),
    ]);
    // The server answers a commit that it could not make with the word ROLLBACK, not with an error.
    if (tail.at(-1)?.command !== 'COMMIT') throw new Error('the transaction was rolled back');
    return [...head.slice(1), ...tail.slice(0, -1)].map((result) => result.rows);
  }

  #send(client: PoolClient, statement: Statement): Promise<QueryResult<SqlRow>> {
    const { text, order } = statement.query.text(this.dialect);
    const values = valuesOf(statement, order, this.now()).map(withoutNul);
    return client.query<SqlRow>({ name: statement.query.name, text, values });
  }
}

/** Counts and instants stay far below 2^53, where a number is exact. */
function isInt8(oid: number): boolean {
  return oid === INT8_OID;
}

/** Waits for all of them, so that none is left behind on the connection, then for the first error. */
async function together(sent: readonly Promise<QueryResult>[]): Promise<QueryResult[]> {
  const settled = await Promise.allSettled(sent);
  return settled.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}

/** PostgreSQL's text cannot hold U+0000; a hostile id that has one is kept apart, not refused. */
function withoutNul(value: SqlValue): SqlValue {
  return typeof value === 'string' && value.includes('\0')
    ? value.replaceAll('\0', '\uFFFD')
    : value;
}

/** The address without user and password. */
function describe(url: string): string {
  try {
    const { host, pathname } = new URL(url);
    return `postgres://${host}${pathname}`;
  } catch {
    return 'postgres';
  }
}
