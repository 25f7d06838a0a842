import { chmod } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Clock } from '../lib/clock.ts';
import { silentLog, type Log } from '../lib/log.ts';
import { unknownStore } from './errors.ts';
import type { Ledger, LedgerReader } from './ledger.ts';
import { pullBackDue, takeBackAll, takeBackOutbox } from './instances/liveness.ts';
import { PostgresStore } from './postgres/postgres-store.ts';
import { SqlLedger } from './sql-ledger.ts';
import { SqlReader } from './reading/sql-reader.ts';
import { assertReadable, installationKeyOf, migrate } from './sql/migrate.ts';
import { SqliteStore } from './sqlite/sqlite-store.ts';
import type { Store } from './sql/store.ts';

export interface OpenLedgerOptions {
  /** `sqlite:<path>`, `sqlite::memory:`, or `postgres://…`. */
  readonly store: string;
  readonly clock: Clock;
  readonly newId: () => string;
  /** 0 up to 1; jitters the retries. */
  readonly random: () => number;
  readonly log?: Log | undefined;
  /**
   * How long the end of a turn may wait for others, to share their commit, in milliseconds. SQLite only.
   * @defaultValue 0
   */
  readonly gatherMs?: number | undefined;
  /** Keys every digest. By default made at the first start and kept in the ledger itself. */
  readonly installationKey?: Uint8Array | undefined;
}

/**
 * Opens the ledger for work: takes the lock, brings the tables up to date, and takes back what an
 * earlier process left leased.
 *
 * @throws {RapportError} `ERR_LEDGER_STORE`, `ERR_LEDGER_LOCKED`, `ERR_LEDGER_OPEN`, `ERR_LEDGER_VERSION`
 */
export async function openLedger(options: OpenLedgerOptions): Promise<Ledger> {
  const store = await openStore(options, false);
  try {
    return await ledgerOver(store, options);
  } catch (error) {
    await store[Symbol.asyncDispose]();
    throw error;
  }
}

/** Opens the ledger beside a running service: reads everything, changes nothing, takes no lock. */
export async function openLedgerReader(options: OpenLedgerOptions): Promise<LedgerReader> {
  const store = await openStore(options, true);
  try {
    await assertReadable(store, options.store);
    return new SqlReader(store);
  } catch (error) {
    await store[Symbol.asyncDispose]();
    throw error;
  }
}

/** The ledger over a store that is open already. */
export async function ledgerOver(store: Store, options: OpenLedgerOptions): Promise<Ledger> {
  const log = options.log ?? silentLog;
  const migrated = await migrate(store);
  if (migrated.length > 0) log.info('ledger.migrated', { versions: migrated });
  const isAlone = store.dialect.name === 'sqlite';
  if (isAlone) {
    const taken = await store.run([takeBackAll({}), takeBackOutbox({})]);
    const count = taken === 'refused' ? 0 : (taken[0]?.length ?? 0);
    if (count > 0) log.info('ledger.took-back', { conversations: count });
  }
  await store.run([pullBackDue({})]);
  return new SqlLedger({
    store,
    leases: isAlone ? 'process' : 'beaten',
    installationKey: options.installationKey ?? (await installationKeyOf(store)),
    newId: options.newId,
    random: options.random,
    log,
  });
}

/** The store that a `store` setting names, open but with no tables made. */
export function openStore(options: OpenLedgerOptions, readOnly: boolean): Promise<Store> {
  const { store, clock, random } = options;
  if (/^postgres(ql)?:\/\//.test(store)) {
    return PostgresStore.open({ url: store, clock, random, log: options.log ?? silentLog });
  }
  if (store.startsWith('sqlite:')) return openSqlite(options, readOnly);
  return Promise.reject(unknownStore(store));
}

/** The file of a `sqlite:` store, absolute; `:memory:` for one that has none. */
export function sqlitePathOf(store: string): string {
  const name = store.slice('sqlite:'.length);
  return name === ':memory:' ? name : resolve(name.replace(/^\/\/(?=\/)/, ''));
}

async function openSqlite(options: OpenLedgerOptions, readOnly: boolean): Promise<Store> {
  const path = sqlitePathOf(options.store);
  const { clock, gatherMs } = options;
  const store = await SqliteStore.open({ path, clock, readOnly, gatherMs });
  // The ledger holds phone numbers until they are settled: nobody else on the machine reads them.
  if (!readOnly && path !== ':memory:') await chmod(path, 0o600);
  return store;
}
