import { afterAll, beforeAll, describe } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/postgres.ts';
import { createIdSource } from '../lib/ids.ts';
import { silentLog } from '../lib/log.ts';
import { ManualClock } from '../lib/manual-clock.ts';
import type { Ledger } from './ledger.ts';
import { ledgerOver } from './open-ledger.ts';
import { PostgresStore } from './postgres/postgres-store.ts';
import { SqliteStore } from './sqlite/sqlite-store.ts';
import { query, type SqlRow } from './sql/statement.ts';
import type { Store } from './sql/store.ts';

export interface StoreTools {
  /** Both stores go by this clock. It is the same for all facts of a file, and only moves on. */
  readonly clock: ManualClock;
  /** Changes rows behind the ledger's back. */
  readonly tamper: (text: string) => Promise<void>;
  /** Another instance over the same rows. */
  readonly join: (ledger: Ledger) => Promise<Ledger>;
  /** Everything that a table holds. */
  readonly rowsOf: (table: string) => Promise<readonly SqlRow[]>;
}

const random = (): number => 0.5;

const TABLES =
  'conversation request attribute outcome audit outbox feed person instance duty setting erasure token rate_window rate_claim'.split(
    ' ',
  );

/** Both stores answer to one list of facts. `open` gives an empty ledger. */
export function onBothStores(
  facts: (open: () => Promise<Ledger>, tools: StoreTools) => void,
): void {
  describe.each(['sqlite', 'postgres'] as const)('the ledger on %s', (kind) => {
    const clock = new ManualClock();
    let database: TestDatabase | undefined;
    let opened: Store | undefined;

    beforeAll(async () => {
      if (kind === 'postgres') database = await createTestDatabase();
      opened = await openStore(database?.url, clock);
    });
    afterAll(async () => {
      await opened?.[Symbol.asyncDispose]();
      await database?.[Symbol.asyncDispose]();
    });

    const store = (): Store => {
      if (opened === undefined) throw new Error('open a ledger inside a test');
      return opened;
    };
    const open = async (): Promise<Ledger> => {
      const newId = createIdSource(clock);
      const ledger = await ledgerOver(shared(store()), { store: kind, clock, newId, random });
      await store().define(TABLES.map((table) => `delete from ${table}`));
      return ledger;
    };
    const join = ({ installationKey }: Ledger): Promise<Ledger> => {
      const newId = createIdSource(clock);
      return ledgerOver(shared(store()), { store: kind, clock, newId, random, installationKey });
    };
    facts(open, {
      join,
      clock,
      tamper: (text) => store().define([text]),
      rowsOf: (table) => store().read(query(`test.${table}`, `select * from ${table}`)({})),
    });
  });
}

/** The store, left open when a ledger over it is closed: opening one takes longer than a test. */
function shared(store: Store): Store {
  return {
    dialect: store.dialect,
    now: () => store.now(),
    run: (unit) => store.run(unit),
    read: (statement) => store.read(statement),
    define: (texts) => store.define(texts),
    scrub: () => store.scrub(),
    publish: (signal) => store.publish(signal),
    subscribe: (listener) => store.subscribe(listener),
    async [Symbol.asyncDispose]() {},
  };
}

function openStore(url: string | undefined, clock: ManualClock): Promise<Store> {
  if (url === undefined) return SqliteStore.open({ path: ':memory:', clock });
  const nowMs = (): number => clock.wallMs();
  return PostgresStore.open({ url, clock, random, log: silentLog, nowMs, poolSize: 4 });
}
