import { messageOf } from '../../../domain/errors.ts';
import { LookupError, type LookupErrorCode } from '../../errors.ts';
import { codeOf } from '../../../lib/error-code.ts';
import { unreachable } from '../network-error.ts';

/** How a database's own error reads in our words. */
interface Reading {
  readonly code: LookupErrorCode;
  readonly why: string;
  readonly nextStep: string;
}

const TIMEOUT: Reading = {
  code: 'ERR_SOURCE_TIMEOUT',
  why: 'stopped the query because it took too long',
  nextStep: 'Add an index for the column of the key, or raise timeoutMs.',
};
const UNAVAILABLE: Reading = {
  code: 'ERR_SOURCE_UNAVAILABLE',
  why: 'cannot answer now',
  nextStep: 'Look at the database server itself; it is asked again by itself.',
};
const UNAUTHORIZED: Reading = {
  code: 'ERR_SOURCE_UNAUTHORIZED',
  why: 'does not accept the user or password',
  nextStep: 'Check user, password and database in the source’s url.',
};
const FORBIDDEN: Reading = {
  code: 'ERR_SOURCE_FORBIDDEN',
  why: 'does not let this user run the query',
  nextStep: 'Grant the user SELECT on the tables of the query.',
};
const WRITES: Reading = {
  code: 'ERR_SOURCE_REFUSED',
  why: 'refused the query because it would write',
  nextStep: 'Write a query that only reads; sources are opened read-only.',
};
const DATA: Reading = {
  code: 'ERR_SOURCE_REFUSED',
  why: 'cannot use the key for this query, since it does not fit the column’s type',
  nextStep: 'Compare as text, for example where id::text = :key.',
};
const QUERY: Reading = {
  code: 'ERR_SOURCE_REFUSED',
  why: 'does not accept the query',
  nextStep: 'Run the query by hand with a value for each parameter.',
};

/** By SQLSTATE, or its class of two characters (PostgreSQL documentation, appendix A). */
const POSTGRES: ReadonlyMap<string, Reading> = new Map([
  ['57014', TIMEOUT],
  ['25006', WRITES],
  ['42501', FORBIDDEN],
  ['3D000', UNAUTHORIZED],
  ['28', UNAUTHORIZED],
  ['22', DATA],
  ['08', UNAVAILABLE],
  ['40', UNAVAILABLE],
  ['53', UNAVAILABLE],
  ['57', UNAVAILABLE],
  ['58', UNAVAILABLE],
]);

export function readPostgresError(source: string, host: string, error: unknown): LookupError {
  const state = codeOf(error);
  if (state === undefined || !/^[0-9A-Z]{5}$/.test(state)) return lost(source, host, error);
  const reading = POSTGRES.get(state) ?? POSTGRES.get(state.slice(0, 2)) ?? QUERY;
  // Class 42 is about the query's text, which is configuration; other texts may quote the key.
  const detail = state.startsWith('42') ? `${state}: ${messageOf(error)}` : state;
  return explained(source, reading, detail, error);
}

/** By the server's symbol, as the driver gives it (MySQL and MariaDB error references). */
const MYSQL: ReadonlyMap<string, Reading> = new Map([
  ['ER_QUERY_TIMEOUT', TIMEOUT],
  ['ER_STATEMENT_TIMEOUT', TIMEOUT],
  ['ER_QUERY_INTERRUPTED', TIMEOUT],
  ['ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION', WRITES],
  ['ER_ACCESS_DENIED_ERROR', UNAUTHORIZED],
  ['ER_ACCESS_DENIED_NO_PASSWORD_ERROR', UNAUTHORIZED],
  ['ER_DBACCESS_DENIED_ERROR', UNAUTHORIZED],
  ['ER_BAD_DB_ERROR', UNAUTHORIZED],
  ['ER_TABLEACCESS_DENIED_ERROR', FORBIDDEN],
  ['ER_COLUMNACCESS_DENIED_ERROR', FORBIDDEN],
  ['ER_SPECIFIC_ACCESS_DENIED_ERROR', FORBIDDEN],
  ['ER_CON_COUNT_ERROR', UNAVAILABLE],
  ['ER_USER_LIMIT_REACHED', UNAVAILABLE],
  ['ER_SERVER_SHUTDOWN', UNAVAILABLE],
  ['ER_CONNECTION_KILLED', UNAVAILABLE],
  ['ER_LOCK_DEADLOCK', UNAVAILABLE],
  ['ER_LOCK_WAIT_TIMEOUT', UNAVAILABLE],
  ['ER_TRUNCATED_WRONG_VALUE', DATA],
]);

/** Errors about the query's text, which is configuration; the texts of others may quote the key. */
const MYSQL_TEXT: ReadonlySet<string> = new Set([
  'ER_PARSE_ERROR',
  'ER_NO_SUCH_TABLE',
  'ER_BAD_FIELD_ERROR',
]);

/** MariaDB's own numbers, which the driver has no symbol for. */
const MARIADB_NUMBERS: ReadonlyMap<number, Reading> = new Map([[1969, TIMEOUT]]);

export function readMysqlError(source: string, host: string, error: unknown): LookupError {
  const symbol = codeOf(error) ?? '';
  const number = numberOf(error);
  const reading = MYSQL.get(symbol) ?? MARIADB_NUMBERS.get(number ?? 0);
  if (reading !== undefined) return explained(source, reading, symbol, error);
  if (MYSQL_TEXT.has(symbol)) {
    return explained(source, QUERY, `${symbol}: ${messageOf(error)}`, error);
  }
  return symbol.startsWith('ER_') || number !== undefined
    ? explained(source, QUERY, symbol || String(number), error)
    : lost(source, host, error);
}

function numberOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errno' in error)) return undefined;
  // A failed system call has a negative number, the server's own errors a positive one.
  return typeof error.errno === 'number' && error.errno > 0 ? error.errno : undefined;
}

/** SQLite's result codes, whose lowest byte is the kind (sqlite.org/rescode.html). */
const SQLITE: ReadonlyMap<number, Reading> = new Map([
  [5, UNAVAILABLE],
  [6, UNAVAILABLE],
  [8, WRITES],
  [10, { ...UNAVAILABLE, code: 'ERR_SOURCE_FILE', why: 'cannot read its file' }],
  [11, { code: 'ERR_SOURCE_FILE', why: 'has a damaged file', nextStep: 'Restore the file.' }],
  [
    14,
    {
      code: 'ERR_SOURCE_FILE',
      why: 'cannot open its file',
      nextStep: 'Check that file exists and may be read by the user that Rapport runs as.',
    },
  ],
  [26, { code: 'ERR_SOURCE_FILE', why: 'has a file that is no database', nextStep: 'Check file.' }],
]);

/** What went wrong in the thread that has the file open. */
export interface SqliteTrouble {
  readonly errcode: number | undefined;
  readonly message: string;
  /** Whether the query was not even run: then the text is about the query alone. */
  readonly atPrepare: boolean;
}

export function readSqliteError(source: string, trouble: SqliteTrouble): LookupError {
  const { errcode, message, atPrepare } = trouble;
  const reading = SQLITE.get((errcode ?? 1) & 0xff) ?? QUERY;
  const code = `code ${errcode ?? 'unknown'}`;
  const detail = atPrepare && reading === QUERY ? `${code}: ${message}` : code;
  return explained(source, reading, detail, new Error(message));
}

function explained(
  source: string,
  { code, why, nextStep }: Reading,
  detail: string,
  cause: unknown,
): LookupError {
  return new LookupError({ code, source, message: `${why} (${detail})`, nextStep, cause });
}

function lost(source: string, host: string, error: unknown): LookupError {
  return unreachable(source, host, error);
}

/** Drivers are loaded at the first lookup, and are dependencies of this package: one is missing only where it was taken out. */
export function driverMissing(
  source: string,
  driver: 'pg' | 'mysql2',
  cause: unknown,
): LookupError {
  return new LookupError({
    code: 'ERR_SOURCE_DRIVER',
    source,
    message: `needs the package ${driver}, which cannot be loaded`,
    nextStep: 'Install Rapport anew with its dependencies.',
    cause,
  });
}
