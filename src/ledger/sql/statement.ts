/**
 * SQL as named, constant texts with named parameters: `:id`. One text serves both stores; what
 * differs is asked of the `Dialect`. Constant texts are prepared once per connection, and travel
 * to the SQLite thread by number.
 *
 * `:now` is the store's clock and is never passed by the caller: all instants of the ledger come
 * from one clock, whatever the clocks of the instances say.
 */
export type SqlValue = string | number | null;
export type SqlParams = Readonly<Record<string, SqlValue | undefined>>;
export type SqlRow = Readonly<Record<string, SqlValue>>;

/** The few words in which the two stores differ. */
export interface Dialect {
  readonly name: 'sqlite' | 'postgres';
  /** Row lock for a claim that passes by what others hold; `alias` is the locked table's. */
  skipLocked(alias: string): string;
  /** The smaller of two values; one that is null does not count. */
  least(a: string, b: string): string;
  /** The store's clock; `bound` is a parameter that carries it, where the caller's process is the store. */
  now(bound: () => string): string;
}

export const sqliteDialect: Dialect = {
  name: 'sqlite',
  skipLocked: () => '',
  least: (a, b) => `min(coalesce(${a}, ${b}), coalesce(${b}, ${a}))`,
  now: (bound) => bound(),
};

export const postgresDialect: Dialect = {
  name: 'postgres',
  skipLocked: (alias) => `for update of ${alias} skip locked`,
  least: (a, b) => `least(${a}, ${b})`,
  // Fixed for one statement, so that an index can be searched by it.
  now: () => `cast(extract(epoch from statement_timestamp()) * 1000 as bigint)`,
};

/** PostgreSQL with the caller's clock instead of the server's, so that a test can move time. */
export const postgresDialectOnCallersClock: Dialect = {
  ...postgresDialect,
  now: (bound) => `cast(${bound()} as bigint)`,
};

/** A text with positional parameters, ready to be prepared. */
export interface Query {
  readonly name: string;
  readonly text: (dialect: Dialect) => CompiledText;
}

export interface CompiledText {
  readonly text: string;
  /** Which parameter stands at each position, first to last. */
  readonly order: readonly string[];
}

/** One query with its values. A unit whose `guard` statement touches no row is rolled back whole. */
export interface Statement {
  readonly query: Query;
  readonly params: SqlParams;
  readonly guard?: boolean | undefined;
  /**
   * The conversation whose row this statement locks, on the first statement of a unit that keeps to
   * that one conversation. Such units may share a transaction.
   */
  readonly locks?: string | undefined;
}

/** What must become durable together. */
export type Unit = readonly Statement[];

/** The rows of each statement, in order; `refused` when a guard touched none. */
export type UnitResult = readonly (readonly SqlRow[])[] | 'refused';

export type NoParams = Readonly<Record<string, never>>;

/** Gives a declared query its values. */
export type Bind<Params extends SqlParams = NoParams> = (params: Params) => Statement;

/** Declares a query. Its name is for logs and tests, and unique. */
export function query<Params extends SqlParams>(
  name: string,
  text: string | ((dialect: Dialect) => string),
): Bind<Params> {
  const compiled = new Map<Dialect, CompiledText>();
  const declared: Query = {
    name,
    text(dialect) {
      const known = compiled.get(dialect);
      if (known !== undefined) return known;
      const fresh = compile(typeof text === 'string' ? text : text(dialect), dialect);
      compiled.set(dialect, fresh);
      return fresh;
    },
  };
  return (params) => ({ query: declared, params });
}

/** The same statement, as the one that decides whether its unit may commit. */
export function guarded(statement: Statement): Statement {
  return { ...statement, guard: true };
}

/** The same statement, as the one that takes the lock of its unit's only conversation. */
export function locking(statement: Statement, conversationId: string): Statement {
  return { ...statement, locks: conversationId };
}

/** A statement that does both: it takes the lock, and by what it touches its unit stands or falls. */
export function deciding(conversationId: string, statement: Statement): Statement {
  return locking(guarded(statement), conversationId);
}

/** A name after a single colon; two colons are a PostgreSQL cast. */
const PARAMETER = /(?<!:):([a-z][A-Za-z]*)/g;

function compile(text: string, dialect: Dialect): CompiledText {
  const order: string[] = [];
  const bind = (name: string): string => {
    let index = order.indexOf(name);
    if (index < 0) index = order.push(name) - 1;
    return dialect.name === 'sqlite' ? `?${index + 1}` : `$${index + 1}`;
  };
  const positional = text.replace(PARAMETER, (_, name: string) =>
    name === 'now' ? dialect.now(() => bind('now')) : bind(name),
  );
  return { text: positional.trim(), order };
}

/** The values of a statement in the order its text wants them. */
export function valuesOf(statement: Statement, order: readonly string[], now: number): SqlValue[] {
  return order.map((name) => (name === 'now' ? now : (statement.params[name] ?? null)));
}
