import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, execute, type TestDatabase } from '../../../test/support/postgres.ts';
import { createIdSource } from '../../lib/ids.ts';
import { silentLog } from '../../lib/log.ts';
import { ManualClock } from '../../lib/manual-clock.ts';
import { aRequest, conversationId, settleOne } from '../ledger.fixture.ts';
import { ledgerOver, openLedgerReader, type OpenLedgerOptions } from '../open-ledger.ts';
import { PostgresStore } from '../postgres/postgres-store.ts';
import { SqliteStore } from '../sqlite/sqlite-store.ts';
import { assertReadable, migrate, versionOf } from './migrate.ts';
import { MIGRATIONS } from './schema.ts';
import type { Store } from './store.ts';

const LATEST = MIGRATIONS.at(-1)?.version ?? 0;
const clock = new ManualClock();

let schemas = 0;
let database: TestDatabase | undefined;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database?.[Symbol.asyncDispose]());

interface Empty extends AsyncDisposable {
  readonly store: Store;
  readonly options: OpenLedgerOptions;
}

async function empty(kind: 'sqlite' | 'postgres'): Promise<Empty> {
  await using stack = new AsyncDisposableStack();
  const base = { clock, newId: createIdSource(clock), random: () => 0.5, log: silentLog };
  if (kind === 'sqlite') {
    const store = stack.use(await SqliteStore.open({ path: ':memory:', clock }));
    const made = stack.move();
    const options = { ...base, store: 'sqlite::memory:' };
    return { store, options, [Symbol.asyncDispose]: () => made.disposeAsync() };
  }
  // A schema of its own: a database for each would take most of the time.
  const schema = `empty_${++schemas}`;
  await execute(database?.url ?? '', `create schema ${schema}`);
  const url = `${database?.url}?options=${encodeURIComponent(`-c search_path=${schema}`)}`;
  const nowMs = (): number => clock.wallMs();
  const store = stack.use(await PostgresStore.open({ url, ...base, nowMs, poolSize: 4 }));
  const made = stack.move();
  return {
    store,
    options: { ...base, store: url },
    [Symbol.asyncDispose]: () => made.disposeAsync(),
  };
}

/** A store in which a Rapport so many versions newer has been. */
async function ahead(store: Store, versions: number): Promise<void> {
  await migrate(store);
  for (let n = 1; n <= versions; n += 1) {
    await store.define([
      `insert into schema_version (version, at) values (${LATEST + n}, 0)`,
      `create table of_later_${n} (id text primary key)`,
      `alter table conversation add column of_later_${n} text`,
    ]);
  }
}

describe.each(['sqlite', 'postgres'] as const)('migrations on %s', (kind) => {
  it('bring a ledger of the first version up to date and keep what it holds', async () => {
    await using at = await empty(kind);
    expect(await migrate(at.store, MIGRATIONS.slice(0, 1))).toEqual([1]);
    await at.store.define([
      `insert into conversation (id, phase, lane, arrivals, fence, attempts, feed_seq, first_seen_at, changed_at)
       values ('old', 'idle', 0, 4, 2, 0, 0, 1, 1)`,
    ]);
    const ledger = await ledgerOver(at.store, at.options);
    expect(await versionOf(at.store)).toBe(LATEST);
    expect(await ledger.find(conversationId('old'))).toMatchObject({ arrivals: 4, fence: 2 });
    await settleOne(ledger, 'old');
    expect(await ledger.outcomes(conversationId('old'))).toHaveLength(1);
  });

  it('are made once though several instances start together', async () => {
    await using at = await empty(kind);
    const made = await Promise.all([1, 2, 3].map(() => migrate(at.store)));
    expect(made.flat().toSorted((a, b) => a - b)).toEqual(MIGRATIONS.map(({ version }) => version));
  });

  it('let an instance go on that is one version behind', async () => {
    await using at = await empty(kind);
    await ahead(at.store, 1);
    const ledger = await ledgerOver(at.store, at.options);
    await settleOne(ledger, 'c1');
    await ledger.accept([aRequest()]);
    expect(await ledger.stats()).toMatchObject({ openRequests: 1, outcomes: { enriched: 1 } });
    await expect(assertReadable(at.store, at.options.store)).resolves.toBeUndefined();
    expect(await migrate(at.store, MIGRATIONS)).toEqual([]);
  });

  it('refuse one that is two versions behind, to work and to read', async () => {
    await using at = await empty(kind);
    await ahead(at.store, 2);
    const refused = {
      code: 'ERR_LEDGER_VERSION',
      message: `the ledger has schema version ${LATEST + 2}, this Rapport knows up to ${LATEST}`,
    };
    await expect(ledgerOver(at.store, at.options)).rejects.toMatchObject(refused);
    await expect(assertReadable(at.store, at.options.store)).rejects.toMatchObject(refused);
  });

  it('are missed with a clear word by a reader of a store that nobody has worked on', async () => {
    await using at = await empty(kind);
    await expect(openLedgerReader(at.options)).rejects.toMatchObject({ code: 'ERR_LEDGER_EMPTY' });
  });
});

describe('MIGRATIONS', () => {
  it('only add after the first version, so that the version before can go on beside', () => {
    const later = MIGRATIONS.slice(1).flatMap(({ texts }) => texts);
    const adding =
      /^create (table|index) |^alter table \w+ add column \w+ \w+$|^alter table \w+ add column .* default /;
    expect(later.filter((text) => !adding.test(text))).toEqual([]);
  });

  it('are numbered from 1 without gaps', () => {
    expect(MIGRATIONS.map(({ version }) => version)).toEqual(MIGRATIONS.map((_, i) => i + 1));
  });
});
