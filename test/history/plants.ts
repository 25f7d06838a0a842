import type { Statement } from '../../src/ledger/sql/statement.ts';
import type { Store } from '../../src/ledger/sql/store.ts';
import { aroundUnits, operationOf } from './watched.ts';

/** A bug that is planted in a ledger, so that it can be seen that the checker catches it. */
export type Plant = (store: Store) => Store;

/** The settle's first statement, with neither owner nor fence in its condition. */
const withoutFence: Plant = (store) => aroundUnits(store, (unit, run) => run(unit.map(dropFence)));

function dropFence(statement: Statement): Statement {
  if (statement.query.name !== 'settle.release') return statement;
  const text: Statement['query']['text'] = (dialect) => {
    const compiled = statement.query.text(dialect);
    return {
      ...compiled,
      text: compiled.text.replace(
        /and fence = (\S+ as bigint\))\s+and owner = (\S+ as text\)) and phase = 'leased'/,
        'and $1 is not null and $2 is not null',
      ),
    };
  };
  return { ...statement, query: { name: 'planted.release', text } };
}

/** Says yes before the commit, and then the process dies before it. */
const earlyAnswer: Plant = (store) => {
  let accepts = 0;
  return aroundUnits(store, (unit, run) =>
    operationOf(unit) === 'accept' && (accepts += 1) > 1
      ? Promise.resolve(unit.map(() => []))
      : run(unit),
  );
};

const withoutOutbox: Plant = (store) =>
  aroundUnits(store, (unit, run) =>
    run(unit.filter(({ query: { name } }) => name !== 'write.outbox')),
  );

export type PlantName = 'withoutFence' | 'earlyAnswer' | 'withoutOutbox';

export const PLANTS: Readonly<Record<PlantName, Plant>> = {
  withoutFence,
  earlyAnswer,
  withoutOutbox,
};
