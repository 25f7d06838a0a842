/**
 * Puts the modules of the command line, with those of the packages that it uses, into few files of `dist/cli`:
 * Node takes about a quarter of a millisecond for each of a thousand modules, before the service does
 * anything. The library stays as the compiler leaves it, since who imports it has packages of their own.
 *
 *     node scripts/bundle-cli.ts [dist]
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { rolldown } from 'rolldown';

/** Programs that are started by their file, which lies beside the file that starts it. */
const PROGRAMS = {
  main: 'cli/main.js',
  thread: 'ledger/sqlite/thread.js',
  'sqlite-process': 'lookup/sources/sql/sqlite-process.js',
  'sqlite-thread': 'lookup/sources/sql/sqlite-thread.js',
};

/** Drivers that only some installations load; they stay packages. */
const PACKAGES = ['pg', 'mysql2'];

const dist = resolve(process.argv[2] ?? 'dist');
const input = Object.fromEntries(
  Object.entries(PROGRAMS).map(([name, file]) => [name, join(dist, file)]),
);
const bundle = await rolldown({ input, external: PACKAGES, platform: 'node', logLevel: 'warn' });
const { output } = await bundle.generate({
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: '[name]-[hash].js',
  comments: { legal: true },
});
await bundle.close();

const folder = join(dist, 'cli');
await rm(folder, { recursive: true });
for (const file of output) {
  const path = join(folder, file.fileName);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, file.type === 'chunk' ? file.code : file.source);
}
