import type { Client, ClientConfig, Pool, PoolClient, QueryResult } from 'pg';
import { messageOf } from '../../domain/errors.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { ledgerClosed, ledgerUnusable, readFailed, writeFailed } from '../errors.ts';
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
import type { Store, StoreSignal } from '../sql/store.ts';
import { Batcher } from './batcher.ts';
import { Hearing } from './hearing.ts';
import { Notifier } from './notifier.ts';
import { runTogether } from './transaction.ts';

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
/**
 * Kept plans that were made while a table was nearly empty would read the whole table ever after,
 * until the server's statistics catch up minutes later. Every statement of the ledger has an index
 * made for it, so plans are told to use them; compiling them never pays.
 */
const SESSION = 'set enable_seqscan = off; set jit = off';
const INT8_OID = 20;
/** One migration at a time in a database; the number is this package's own. */
const MIGRATION_LOCK = 726_267_735;

/**
 * A PostgreSQL database. While its connections are busy, units pile up, and those of different
 * conversations share the next transaction, as they do on SQLite: a commit costs the same for one
 * as for many.
 */
export class PostgresStore implements Store {
  readonly dialect: Dialect;
  readonly now: () => number;
  readonly #pool: Pool;
  readonly #hearing: Hearing;
  readonly #notifier: Notifier;
  readonly #batcher: Batcher;
  #closing: Promise<void> | undefined;

  private constructor(pool: Pool, hearing: Hearing, options: PostgresStoreOptions) {
    this.#pool = pool;
    this.#hearing = hearing;
    this.dialect = options.nowMs === undefined ? postgresDialect : postgresDialectOnCallersClock;
    this.now = options.nowMs ?? (() => hearing.serverNow());
    this.#batcher = new Batcher({
      concurrency: Math.ceil((options.poolSize ?? POOL_SIZE) / 2),
      run: (units) => this.#runBatch(units),
    });
    this.#notifier = new Notifier({
      clock: options.clock,
      sender: hearing.sender,
      send: async (channel, payload) => {
        await pool.query('select pg_notify($1, $2)', [channel, payload]);
      },
      onError: (error) => options.log.debug('ledger.notify-failed', { reason: messageOf(error) }),
    });
    // A connection that breaks fails what runs on it, and is replaced. Without a listener of its own
    // it would end the process: the pool's hears idle connections only. Whether the store is away is
    // told by what fails.
    const onError = (error: Error): void =>
      options.log.debug('ledger.connection-lost', { reason: messageOf(error) });
    pool.on('error', onError);
    pool.on('connect', (client) => {
      client.on('error', onError);
      client.query(SESSION).catch(onError);
    });
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
      return await this.#batcher.run(unit);
    } catch (error) {
      throw writeFailed(error, 'postgres');
    }
  }

  async read(statement: Statement): Promise<readonly SqlRow[]> {
    if (this.#closing !== undefined) throw ledgerClosed();
    try {
      return await this.#withClient(
        async (client) => (await this.#send(client, statement, false)).rows,
      );
    } catch (error) {
      throw readFailed(error, 'postgres');
    }
  }

  async scrub(): Promise<void> {
    // Old versions of a row go with the server's own vacuum, and with its backups as whoever runs it has them.
  }

  async define(texts: readonly string[]): Promise<void> {
    const all = ['begin', `select pg_advisory_xact_lock(${MIGRATION_LOCK})`, ...texts, 'commit'];
    try {
      await this.#withClient(async (client) => {
        for (const text of all) await client.query(text);
      });
    } catch (error) {
      throw writeFailed(error, 'postgres');
    }
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

  #runBatch(units: readonly Unit[]): Promise<UnitResult[]> {
    return this.#withClient((client) =>
      runTogether(units, {
        plain: (text) => client.query(text),
        send: (statement, keepsPlan) => this.#send(client, statement, keepsPlan),
      }),
    );
  }

  #send(
    client: PoolClient,
    statement: Statement,
    keepsPlan: boolean,
  ): Promise<QueryResult<SqlRow>> {
    const { text, order } = statement.query.text(this.dialect);
    const values = valuesOf(statement, order, this.now()).map(withoutNul);
    const name = keepsPlan ? statement.query.name : undefined;
    return client.query<SqlRow>({ ...(name === undefined ? {} : { name }), text, values });
  }
}

/** Counts and instants stay far below 2^53, where a number is exact. */
function isInt8(oid: number): boolean {
  return oid === INT8_OID;
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
