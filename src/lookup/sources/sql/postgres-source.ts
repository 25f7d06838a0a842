import type { ClientConfig, Pool, PoolClient, Query, QueryConfig } from 'pg';
import type { Log } from '../../../lib/log.ts';
import type { PostgresSourceOptions } from '../../options/sql-options.ts';
import type { Source } from '../../source.ts';
import type { CompiledQuery } from './compile-query.ts';
import { driverMissing, readPostgresError } from './database-error.ts';
import { runReadOnly } from './read-only-transaction.ts';
import type { RowCollector } from '../rows.ts';
import { createSqlSource, type Database } from './sql-source.ts';

type Driver = (typeof import('pg'))['default'];

/** Longest wait for a connection, in milliseconds of real time; a lookup's own time-out is usually shorter. */
const CONNECT_TIMEOUT_MS = 10_000;
/** How long an unused connection is kept, in milliseconds of real time. */
const IDLE_TIMEOUT_MS = 30_000;

/** Types that the driver would read by the machine's own time zone, or not as JSON (pg_type.dat). */
const OID = {
  int8: 20,
  textArray: 1009,
  date: 1082,
  timestamp: 1114,
  timestampArray: 1115,
  dateArray: 1182,
  timestamptz: 1184,
  interval: 1186,
} as const;

/** A PostgreSQL database, or what speaks its protocol. */
export function createPostgresSource(
  name: string,
  options: PostgresSourceOptions,
  log: Log,
): Source {
  return createSqlSource(name, 'postgres', options, new PostgresDatabase(name, options, log));
}

/**
 * Every query runs in a read-only transaction of its own, not in a read-only session: behind a
 * connection pooler a session is shared with strangers, a transaction never is.
 */
class PostgresDatabase implements Database {
  readonly #name: string;
  readonly #options: PostgresSourceOptions;
  readonly #log: Log;
  readonly #host: string;
  #opening: Promise<{ readonly driver: Driver; readonly pool: Pool }> | undefined;

  constructor(name: string, options: PostgresSourceOptions, log: Log) {
    this.#name = name;
    this.#options = options;
    this.#log = log;
    this.#host = new URL(options.url).host;
  }

  async run(
    query: CompiledQuery,
    values: readonly (string | null)[],
    collector: RowCollector,
    signal: AbortSignal,
  ): Promise<void> {
    const { driver, pool } = await (this.#opening ??= this.#open());
    const client = await this.#connect(pool);
    const { timeoutMs } = this.#options;
    const connection = {
      begin: () => client.query(beginSql(timeoutMs)),
      stream: () => {
        const asked = new driver.Query(queryConfig(query, values, driver));
        return streamRows(client, asked, collector);
      },
      commit: () => client.query('commit'),
      giveBack: () => client.release(),
      cut: () => client.release(true),
    };
    await runReadOnly(connection, signal).catch((error: unknown) => {
      signal.throwIfAborted();
      throw readPostgresError(this.#name, this.#host, error);
    });
  }

  async #connect(pool: Pool): Promise<PoolClient> {
    try {
      return await pool.connect();
    } catch (error) {
      throw readPostgresError(this.#name, this.#host, error);
    }
  }

  async #open(): Promise<{ readonly driver: Driver; readonly pool: Pool }> {
    const driver = await loadDriver(this.#name);
    const config: ClientConfig = {
      connectionString: this.#options.url,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      application_name: 'rapport',
    };
    const pool = new driver.Pool({
      ...config,
      max: this.#options.bulkhead.concurrent,
      idleTimeoutMillis: IDLE_TIMEOUT_MS,
      allowExitOnIdle: true,
    });
    // A connection may be cut at any time, between two statements too; whoever uses it then learns
    // of it by the next one. Without a listener the event would end the process.
    const onLost = (error: Error): void => {
      const { code } = readPostgresError(this.#name, this.#host, error);
      this.#log.debug('source.connection-lost', { source: this.#name, code });
    };
    pool.on('error', onLost);
    pool.on('connect', (client) => client.on('error', onLost));
    return { driver, pool };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const opened = await this.#opening?.catch(() => undefined);
    await opened?.pool.end();
  }
}

async function loadDriver(source: string): Promise<Driver> {
  try {
    const { default: driver } = await import('pg');
    return driver;
  } catch (cause) {
    throw driverMissing(source, 'pg', cause);
  }
}

/** One round trip: instants in UTC and durations in ISO 8601, so that they read alike everywhere. */
function beginSql(timeoutMs: number): string {
  return [
    'begin transaction read only',
    "set local timezone = 'UTC'",
    "set local intervalstyle = 'iso_8601'",
    `set local statement_timeout = ${timeoutMs}`,
  ].join('; ');
}

/** Row by row; false when the collector wanted no more and the rest is still on its way. */
function streamRows(client: PoolClient, query: Query, collector: RowCollector): Promise<boolean> {
  return new Promise((resolve, reject) => {
    query.on('row', (row: Readonly<Record<string, unknown>>) => {
      if (!collector.add(row)) resolve(false);
    });
    query.on('end', () => resolve(true));
    query.on('error', reject);
    client.query(query);
  });
}

function queryConfig(
  query: CompiledQuery,
  values: readonly (string | null)[],
  driver: Driver,
): QueryConfig {
  // Declared for the built-in types only, it takes any type's number.
  const parserOf: (oid: number) => ParseText = driver.types.getTypeParser;
  return {
    text: query.text,
    values: [...values],
    types: {
      getTypeParser: (oid: number) =>
        PARSERS.get(oid) ?? parserOf(TEXT_ARRAYS.has(oid) ? OID.textArray : oid),
    },
  };
}

type ParseText = (text: string) => unknown;

const TEXT_ARRAYS: ReadonlySet<number> = new Set([OID.timestampArray, OID.dateArray]);

const PARSERS: ReadonlyMap<number, ParseText> = new Map<number, ParseText>([
  [OID.int8, BigInt],
  [OID.date, (text) => text],
  [OID.interval, (text) => text],
  [OID.timestamp, (text) => text.replace(' ', 'T')],
  // The transaction's time zone is UTC.
  [OID.timestamptz, (text) => text.replace(' ', 'T').replace(/\+00$/, 'Z')],
]);
