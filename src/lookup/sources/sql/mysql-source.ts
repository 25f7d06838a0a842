import type { Socket } from 'node:net';
import type { FieldPacket, Pool, PoolConnection } from 'mysql2';
import type { MysqlSourceOptions } from '../../options/sql-options.ts';
import type { Source } from '../../source.ts';
import type { CompiledQuery } from './compile-query.ts';
import { driverMissing, readMysqlError } from './database-error.ts';
import { runReadOnly } from './read-only-transaction.ts';
import type { Row, RowCollector } from '../rows.ts';
import { createSqlSource, type Database } from './sql-source.ts';

/** Longest wait for a connection, in milliseconds of real time; a lookup's own time-out is usually shorter. */
const CONNECT_TIMEOUT_MS = 10_000;
/** How long an unused connection is kept, in milliseconds of real time. */
const IDLE_TIMEOUT_MS = 30_000;

/** A MySQL or MariaDB database. */
export function createMysqlSource(name: string, options: MysqlSourceOptions): Source {
  return createSqlSource(name, 'mysql', options, new MysqlDatabase(name, options));
}

/** Every query runs as a prepared statement in a read-only transaction of its own. */
class MysqlDatabase implements Database {
  readonly #name: string;
  readonly #options: MysqlSourceOptions;
  readonly #host: string;
  #opening: Promise<Pool> | undefined;

  constructor(name: string, options: MysqlSourceOptions) {
    this.#name = name;
    this.#options = options;
    this.#host = new URL(options.url).host;
  }

  async run(
    query: CompiledQuery,
    values: readonly (string | null)[],
    collector: RowCollector,
    signal: AbortSignal,
  ): Promise<void> {
    const pool = await (this.#opening ??= this.#open());
    const driven = await this.#connect(pool);
    const connection = {
      begin: () => command(driven, 'start transaction read only'),
      stream: () => streamRows(driven, query.text, values, collector),
      commit: () => command(driven, 'commit'),
      giveBack: () => driven.release(),
      cut: () => cutOff(driven),
    };
    await runReadOnly(connection, signal).catch((error: unknown) => {
      signal.throwIfAborted();
      throw readMysqlError(this.#name, this.#host, error);
    });
  }

  #connect(pool: Pool): Promise<PoolConnection> {
    return new Promise((resolve, reject) => {
      pool.getConnection((error, connection) => {
        if (error === null) resolve(connection);
        else reject(readMysqlError(this.#name, this.#host, error));
      });
    });
  }

  async #open(): Promise<Pool> {
    const driver = await loadDriver(this.#name);
    const { url, bulkhead, timeoutMs } = this.#options;
    const pool = driver.createPool({
      uri: url,
      connectionLimit: bulkhead.concurrent,
      maxIdle: bulkhead.concurrent,
      idleTimeout: IDLE_TIMEOUT_MS,
      connectTimeout: CONNECT_TIMEOUT_MS,
      // Instants as text: the driver's Date objects depend on the machine's time zone.
      dateStrings: true,
      supportBigNumbers: true,
      charset: 'utf8mb4',
    });
    pool.on('connection', (connection) => {
      // MySQL and MariaDB each know one of the two limits; the other one fails and is let be.
      connection.query("set time_zone = '+00:00'", ignored);
      connection.query(`set session max_execution_time = ${timeoutMs}`, ignored);
      connection.query(`set session max_statement_time = ${timeoutMs / 1000}`, ignored);
    });
    return pool;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const pool = await this.#opening?.catch(() => undefined);
    if (pool === undefined) return;
    await new Promise<void>((resolve) => {
      // Connections that are broken already cannot be closed politely, and need not be.
      pool.end(() => resolve());
    });
  }
}

function ignored(): void {}

/**
 * Ends the connection, and with it what runs on it. The driver's own `destroy` closes our half
 * alone: it goes on reading all that the server still sends, and tells a running command nothing.
 */
function cutOff(connection: PoolConnection): void {
  // The driver's types do not name the member that holds its socket.
  const { stream } = connection as unknown as { readonly stream: Socket };
  stream.destroy(new Error('the connection was cut'));
  connection.destroy();
}

async function loadDriver(source: string): Promise<typeof import('mysql2')> {
  try {
    const { default: driver } = await import('mysql2');
    return driver;
  } catch (cause) {
    throw driverMissing(source, 'mysql2', cause);
  }
}

function command(connection: PoolConnection, sql: string): Promise<void> {
  return new Promise((resolve, reject) => {
    connection.query(sql, (error) => {
      if (error === null) resolve();
      else reject(error);
    });
  });
}

/** Row by row; false when the collector wanted no more and the rest is still on its way. */
function streamRows(
  connection: PoolConnection,
  sql: string,
  values: readonly (string | null)[],
  collector: RowCollector,
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const execution = connection.execute(sql, [...values]);
    let instants: readonly Instant[] = [];
    execution.on('fields', (fields: readonly FieldPacket[]) => {
      instants = instantsOf(fields);
    });
    execution.on('result', (row: Row) => {
      if (!collector.add(withInstants(row, instants))) resolve(false);
    });
    execution.on('error', reject);
    execution.on('end', () => resolve(true));
  });
}

/** A column that holds instants or local times, which the driver gives as `2026-01-05 09:00:00`. */
interface Instant {
  readonly name: string;
  /** `Z` where the column knows the zone: the session's, which is UTC. */
  readonly zone: 'Z' | '';
}

/** The protocol's numbers of these types (MySQL, field types). */
const TIMESTAMP = 7;
const DATETIME = 12;

function instantsOf(fields: readonly FieldPacket[]): readonly Instant[] {
  return fields.flatMap(({ name, columnType }): readonly Instant[] => {
    if (columnType === TIMESTAMP) return [{ name, zone: 'Z' }];
    return columnType === DATETIME ? [{ name, zone: '' }] : [];
  });
}

/** The row with its instants in the form of ISO 8601. */
function withInstants(row: Row, instants: readonly Instant[]): Row {
  const written = instants.flatMap(({ name, zone }) => {
    const text = row[name];
    return typeof text === 'string' ? [[name, `${text.replace(' ', 'T')}${zone}`] as const] : [];
  });
  return written.length === 0 ? row : { ...row, ...Object.fromEntries(written) };
}
