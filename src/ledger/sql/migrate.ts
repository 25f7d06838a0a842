import { randomBytes } from 'node:crypto';
import { messageOf } from '../../domain/errors.ts';
import { ledgerEmpty, ledgerTooNew } from '../errors.ts';
import type { Store } from './store.ts';
import { maybeText } from './codec.ts';
import { MIGRATIONS, type Migration } from './schema.ts';
import { query, type NoParams } from './statement.ts';

const readSetting = query<{ name: string }>(
  'setting.read',
  `select value from setting where name = cast(:name as text)`,
);

const keepSetting = query<{ name: string; value: string }>(
  'setting.keep',
  `insert into setting (name, value) values (:name, :value) on conflict do nothing`,
);

const schemaVersion = query<NoParams>(
  'setting.version',
  `select cast(max(version) as integer) as value from schema_version`,
);

/**
 * Brings the tables up to date, each step in a transaction with its number: whoever comes second
 * finds the number taken. An instance one version behind may go on beside a newer one, since a
 * step only adds.
 *
 * @throws {RapportError} `ERR_LEDGER_VERSION` when the ledger is more than one version ahead
 */
export async function migrate(
  store: Store,
  steps: readonly Migration[] = MIGRATIONS,
): Promise<readonly number[]> {
  const known = steps.at(-1)?.version ?? 0;
  await store.define([
    `create table if not exists schema_version (version integer primary key, at bigint not null)`,
  ]);
  const found = await versionOf(store);
  if (found > known + 1) throw ledgerTooNew(found, known);
  const done: number[] = [];
  for (const { version, texts } of steps.filter((step) => step.version > found)) {
    const mark = `insert into schema_version (version, at) values (${version}, ${Math.floor(store.now())})`;
    try {
      await store.define([mark, ...texts]);
      done.push(version);
    } catch (error) {
      // Another instance took the number first, and did the same.
      if ((await versionOf(store)) < version) throw error;
    }
  }
  return done;
}

/**
 * Whether this version's statements can read what is there.
 *
 * @throws {RapportError} `ERR_LEDGER_EMPTY`, `ERR_LEDGER_VERSION`
 */
export async function assertReadable(store: Store, name: string): Promise<void> {
  const known = MIGRATIONS.at(-1)?.version ?? 0;
  let found: number;
  try {
    found = await versionOf(store);
  } catch (error) {
    if (!/no such table|does not exist/i.test(messageOf(error))) throw error;
    throw ledgerEmpty(name);
  }
  if (found > known + 1) throw ledgerTooNew(found, known);
}

export async function versionOf(store: Store): Promise<number> {
  return Number((await store.read(schemaVersion({})))[0]?.['value'] ?? 0);
}

const INSTALLATION_KEY = 'installation-key';

/** The key of this installation's digests; the first instance to start makes it. */
export async function installationKeyOf(store: Store): Promise<Uint8Array> {
  const name = INSTALLATION_KEY;
  await store.run([keepSetting({ name, value: randomBytes(32).toString('base64url') })]);
  return (await readInstallationKey(store)) ?? new Uint8Array();
}

/** The key as it was made at the ledger's first start; undefined before that. */
export async function readInstallationKey(store: Store): Promise<Uint8Array | undefined> {
  const row = (await store.read(readSetting({ name: INSTALLATION_KEY })))[0];
  const text = row && maybeText(row, 'value');
  return text === undefined ? undefined : Buffer.from(text, 'base64url');
}
