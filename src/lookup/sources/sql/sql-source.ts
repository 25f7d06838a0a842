import { LookupError } from '../../errors.ts';
import type { Source, SourceAnswer, SourceQuery } from '../../source.ts';
import { compileQuery, type CompiledQuery, type Dialect } from './compile-query.ts';
import type { RowOptions } from '../../options/row-options.ts';
import { RowCollector } from '../rows.ts';

/** A database that runs one query for one customer. */
export interface Database extends AsyncDisposable {
  /**
   * Runs the query read-only and hands each row to `collector`, until it wants no more. Stops
   * the query, not only the waiting, when the signal aborts.
   * @throws {LookupError}
   */
  run(
    query: CompiledQuery,
    values: readonly (string | null)[],
    collector: RowCollector,
    signal: AbortSignal,
  ): Promise<void>;
}

export interface SqlSourceOptions extends RowOptions {
  readonly query: string;
}

/** A source that asks a database; what the databases differ in is behind `Database`. */
export function createSqlSource(
  name: string,
  dialect: Dialect,
  options: SqlSourceOptions,
  database: Database,
): Source {
  const query = compiled(name, dialect, options.query);
  const uses = new Set(query.parameters);
  return {
    uses: {
      key: uses.has('key'),
      keyKind: uses.has('keyKind'),
      conversationId: uses.has('conversationId'),
    },
    repeatable: true,
    async read(asked: SourceQuery, signal: AbortSignal): Promise<SourceAnswer> {
      const collector = new RowCollector(name, options);
      const values = query.parameters.map((parameter) => asked[parameter] ?? null);
      await database.run(query, values, collector, signal);
      return collector.answer();
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

function compiled(name: string, dialect: Dialect, sql: string): CompiledQuery {
  const query = compileQuery(sql, dialect);
  if ('text' in query) return query;
  throw new LookupError({
    code: 'ERR_SOURCE_REFUSED',
    source: name,
    message: `has an unusable query: ${query.problem}`,
  });
}
