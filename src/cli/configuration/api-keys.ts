import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isMap, isSeq, parseDocument, stringify } from 'yaml';
import { createKey, type KeyRecord } from '../../access/keys.ts';
import { accessOptions } from '../../access/options.ts';
import type { Scope } from '../../access/principal.ts';
import { markReferences, unmark } from '../../config/variable-references.ts';
import { RapportError } from '../../domain/errors.ts';
import { systemClock } from '../../lib/clock.ts';
import { loadCliConfigWhole, type ConfigFlags } from './load-configuration.ts';
import { followUp } from './reload-service.ts';
import { createPaint, type CliIo } from '../terminal/io.ts';
import { listed } from '../terminal/table.ts';

export interface CreateKeyFlags {
  readonly scopes: readonly Scope[];
  /** Epoch milliseconds. */
  readonly expires?: number;
  readonly json?: boolean;
}

/** Prints a new key, which is kept nowhere, and what the configuration keeps of it. */
export function createApiKey(name: string, flags: CreateKeyFlags, io: CliIo): void {
  const scopes = [...new Set(flags.scopes)];
  const { key, record } = createKey({ name, scopes, expiresAt: flags.expires });
  const entry = entryOf(record);
  const checked = accessOptions.safeParse({ keys: [entry] });
  if (!checked.success) {
    throw new RapportError({
      code: 'ERR_KEY_NAME',
      message: `this key cannot be made: ${checked.error.issues.map(({ message }) => message).join('; ')}`,
      nextStep: 'Name it after the program that will use it, such as ivr or reporting.',
    });
  }
  if (flags.json === true) {
    io.out(`${JSON.stringify({ key, entry }, null, 2)}\n`);
    return;
  }
  io.out(stringify({ access: { keys: [entry] } }));
  io.err(
    `\nThe key, shown this once; the configuration keeps only its hash, as above:\n  ${key}\nOnce the entry stands in the file, rapport config reload puts it in force.\n`,
  );
}

export function listApiKeys(flags: ConfigFlags, io: CliIo): void {
  const { config } = loadCliConfigWhole(flags, io);
  const { keys } = config.access;
  if (flags.json === true) {
    io.out(`${JSON.stringify(keys.map(entryOf), null, 2)}\n`);
    return;
  }
  const nowMs = systemClock.wallMs();
  const rows = keys.map((key) => [key.name, key.scopes.join(' '), expiryOf(key, nowMs)]);
  if (config.service.apiKey !== undefined) rows.unshift(['(service.apiKey)', 'all', 'never']);
  const nothing =
    'No key is configured, so the service makes one at each start. → rapport keys create';
  io.out(`${listed(['name', 'scopes', 'expires'], rows, { paint: createPaint(io), nothing })}\n`);
}

/** Takes the key's entry out of the file, and leaves the rest of it as it is. */
export async function revokeApiKey(name: string, flags: ConfigFlags, io: CliIo): Promise<void> {
  const { config, file } = loadCliConfigWhole(flags, io);
  if (file === undefined || !config.access.keys.some((key) => key.name === name)) {
    throw new RapportError({
      code: 'ERR_UNKNOWN_KEY',
      message: `${file ?? 'the environment'} has no key named ${JSON.stringify(name)}`,
      nextStep: 'See rapport keys list. The key of RAPPORT_API_KEY is replaced where it is set.',
    });
  }
  const path = resolve(io.cwd, file);
  await replaceFile(path, withoutKey(await readFile(path, 'utf8'), name));
  const followed = await followUp(config);
  io.out(
    flags.json === true
      ? `${JSON.stringify({ revoked: name, file, service: followed })}\n`
      : `${name} is taken out of ${file}. ${followed}\n`,
  );
}

function withoutKey(text: string, name: string): string {
  const document = parseDocument(markReferences(text));
  const keys = document.getIn(['access', 'keys']);
  const index = isSeq(keys)
    ? keys.items.findIndex((item) => isMap(item) && item.get('name') === name)
    : -1;
  if (index < 0) {
    throw new RapportError({
      code: 'ERR_KEY_ELSEWHERE',
      message: `the entry of ${JSON.stringify(name)} does not stand in the file by that name`,
      nextStep: 'Its name comes from the environment or an alias: take it out by hand.',
    });
  }
  document.deleteIn(['access', 'keys', index]);
  // What is left empty goes, too: an entry that `keys create` prints would stand beside it as a second one.
  for (const path of [['access', 'keys'], ['access']]) {
    const left = document.getIn(path);
    if ((isSeq(left) || isMap(left)) && left.items.length === 0) document.deleteIn(path);
  }
  return unmark(document.toString({ lineWidth: 0 }));
}

/** Whoever reads the file meanwhile sees the old text or the new one, never half of one. */
async function replaceFile(path: string, text: string): Promise<void> {
  const { mode } = await stat(path);
  const next = `${path}.new`;
  await writeFile(next, text, { mode, flag: 'wx' });
  await rename(next, path);
}

/** As the configuration writes it. */
function entryOf({ expiresAt, ...record }: KeyRecord): Readonly<Record<string, unknown>> {
  return expiresAt === undefined
    ? record
    : { ...record, expiresAt: new Date(expiresAt).toISOString() };
}

function expiryOf({ expiresAt }: KeyRecord, nowMs: number): string {
  if (expiresAt === undefined) return 'never';
  const day = new Date(expiresAt).toISOString();
  return expiresAt <= nowMs ? `${day} (over)` : day;
}
