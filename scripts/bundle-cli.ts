/**
 * Puts the modules of the command line, with those of the packages that it uses, into few files of `dist/cli`:
 * Node takes about a quarter of a millisecond for each of a thousand modules, before the service does
 * anything. The library stays as the compiler leaves it, since who imports it has packages of their own.
 * What those packages are licensed under goes along.
 *
 *     node scripts/bundle-cli.ts [dist]
 */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { rolldown, type OutputAsset, type OutputChunk } from 'rolldown';

/** Programs that are started by their file, which lies beside the file that starts it. */
const PROGRAMS = {
  main: 'cli/main.js',
  thread: 'ledger/sqlite/thread.js',
  'sqlite-process': 'lookup/sources/sql/sqlite-process.js',
  'sqlite-thread': 'lookup/sources/sql/sqlite-thread.js',
};

/** Drivers that only some installations load; they stay packages. */
const PACKAGES = ['pg', 'mysql2'];

/** The folder of a package, by the file name of a module in it. */
const PACKAGE_FOLDER = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/;

const dist = resolve(process.argv[2] ?? 'dist');
const input = Object.fromEntries(
  Object.entries(PROGRAMS).map(([name, file]) => [name, join(dist, file)]),
);
const bundle = await rolldown({
  input,
  external: PACKAGES,
  platform: 'node',
  onLog(_level, { message }) {
    // A package that is not found would be left out, and be missed where it is run.
    throw new Error(message);
  },
});
const { output } = await bundle.generate({
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: '[name]-[hash].js',
  // V8 keeps the text of what it runs: without comments it is half as long, and of ASCII alone it takes a byte for
  // a letter where one dash in a text of a megabyte makes it two.
  comments: { legal: true, annotation: false, jsdoc: false },
  charset: 'ascii',
});
await bundle.close();

const folder = join(dist, 'cli');
await rm(folder, { recursive: true });
for (const file of output) {
  const path = join(folder, file.fileName);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, file.type === 'chunk' ? inAscii(file.code) : file.source);
}
await writeFile(join(folder, 'LICENSES.txt'), await licenses(output.flatMap(modulesOf)));

/** What is left of other letters stands in comments, in the names of authors. */
function inAscii(code: string): string {
  return code.replaceAll(/[^\0-\x7f]/gu, (letter) => `\\u{${letter.codePointAt(0)?.toString(16)}}`);
}

function modulesOf(file: OutputChunk | OutputAsset): readonly string[] {
  return file.type === 'chunk' ? file.moduleIds : [];
}

/** The license of each package that one of these modules is of: its text, or else its name. */
async function licenses(modules: readonly string[]): Promise<string> {
  const folders = new Set(modules.flatMap((id) => PACKAGE_FOLDER.exec(id)?.[0] ?? []));
  return (await Promise.all([...folders].toSorted().map(licenseOf))).join('\n\n');
}

async function licenseOf(path: string): Promise<string> {
  const text = await readFile(join(path, 'package.json'), 'utf8');
  const { name, license } = JSON.parse(text) as { name: string; license?: string };
  const file = (await readdir(path)).find((entry) => /^licen[cs]e/i.test(entry));
  if (file === undefined && license === undefined) throw new Error(`${name} has no license`);
  const terms = file === undefined ? undefined : (await readFile(join(path, file), 'utf8')).trim();
  return `${name} (${license})\n\n${terms ?? 'No other text comes with it.'}\n`;
}
