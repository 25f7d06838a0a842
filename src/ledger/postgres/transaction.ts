import type { QueryResult } from 'pg';
import type { SqlRow, Statement, Unit, UnitResult } from '../sql/statement.ts';

/** One connection, as far as a transaction needs it. What is sent goes out at once, in its order. */
export interface Connection {
  plain(text: string): Promise<QueryResult>;
  /**
   * `keepsPlan`: the statement touches rows of one conversation by their keys, so that its plan is
   * right whatever the size of the tables. Any other is planned each time.
   */
  send(statement: Statement, keepsPlan: boolean): Promise<QueryResult<SqlRow>>;
}

/**
 * Runs units as one transaction in two round trips: the first statement of each, which takes its
 * lock and may be its guard, then the rest of those that may go on. A unit whose guard touched
 * nothing has changed nothing, so it can be left out of the commit. One unit without a guard takes
 * one round trip, and one that is a single statement is its own transaction.
 */
export async function runTogether(
  units: readonly Unit[],
  connection: Connection,
): Promise<UnitResult[]> {
  const [only] = units;
  const [first] = only ?? [];
  const keepsPlan = first?.locks !== undefined;
  if (units.length === 1 && only?.length === 1 && first !== undefined) {
    return [resultOf(first, await connection.send(first, keepsPlan), [])];
  }
  const isDecided = units.length > 1 || first?.guard === true;
  const head = isDecided ? 1 : 0;
  const [, ...heads] = await together([
    connection.plain('begin'),
    ...units
      .flatMap((unit) => unit.slice(0, head))
      .map((statement) => connection.send(statement, keepsPlan)),
  ]);
  const rests = units.map((unit, i) => (isRefused(unit, heads[i]) ? [] : unit.slice(head)));
  const tails = await together([
    ...rests.flat().map((statement) => connection.send(statement, keepsPlan)),
    connection.plain('commit'),
  ]);
  // The server answers a commit that it could not make with the word ROLLBACK, not with an error.
  if (tails.at(-1)?.command !== 'COMMIT') throw new Error('the transaction was rolled back');
  let at = 0;
  return units.map((unit, i) => {
    const own = tails.slice(at, (at += rests[i]?.length ?? 0));
    return resultOf(unit[0], heads[i], own);
  });
}

function isRefused(unit: Unit, head: QueryResult | undefined): boolean {
  return unit[0]?.guard === true && head?.rowCount === 0;
}

function resultOf(
  first: Statement | undefined,
  head: QueryResult<SqlRow> | undefined,
  rest: readonly QueryResult<SqlRow>[],
): UnitResult {
  if (first?.guard === true && head?.rowCount === 0) return 'refused';
  return [...(head === undefined ? [] : [head]), ...rest].map((result) => result.rows);
}

/** Waits for all of them, so that none is left behind on the connection, then for the first error. */
async function together(sent: readonly Promise<QueryResult>[]): Promise<QueryResult[]> {
  const settled = await Promise.allSettled(sent);
  return settled.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}
