import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { planConfig } from '../../config/plan-config.ts';
import {
  createEnrichAction,
  createLookupAction,
  type DataActionFile,
} from '../../intake/data-action.ts';
import { loadMapping, type ConfigFlags } from './load-configuration.ts';
import type { CliIo } from '../terminal/io.ts';

export interface DataActionFlags extends ConfigFlags {
  readonly url: string;
  readonly prefix?: string;
  readonly out?: string;
}

/** Writes both actions as files, or prints them as one JSON object by their file names. */
export async function exportDataActions(flags: DataActionFlags, io: CliIo): Promise<void> {
  const options = { serviceUrl: flags.url, prefix: flags.prefix };
  const files: Readonly<Record<string, DataActionFile>> = {
    'rapport-lookup.custom.json': createLookupAction(attributeKeys(flags, io), options),
    'rapport-enrich.custom.json': createEnrichAction(options),
  };
  if (flags.out === undefined) {
    io.out(`${JSON.stringify(files, null, 2)}\n`);
    return;
  }
  const folder = resolve(io.cwd, flags.out);
  await mkdir(folder, { recursive: true });
  const written: string[] = [];
  for (const [name, file] of Object.entries(files)) {
    await writeFile(join(folder, name), `${JSON.stringify(file, null, 2)}\n`);
    written.push(join(flags.out, name));
  }
  io.out(
    flags.json === true
      ? `${JSON.stringify({ files: written })}\n`
      : `${written.join('\n')}\nImport them under Admin > Integrations > Actions, into a Web Services Data Actions integration\nwhose credential field apiKey holds a key with the scopes lookup and events.\n`,
  );
}

/** What `/v1/lookup` answers with: everything that is mapped but secrets. */
function attributeKeys(flags: ConfigFlags, io: CliIo): readonly string[] {
  const { attributes, statusKey } = planConfig(loadMapping(flags, io));
  const keys = attributes.flatMap(({ key, options }) => (options.class === 'secret' ? [] : [key]));
  return statusKey === undefined ? keys : [...keys, statusKey];
}
