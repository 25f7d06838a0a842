/**
 * Writes `src/emulator/platform-paths/operations.json`: every operation of the platform, read from
 * the sources of the official SDK that is installed. Run it after raising the SDK's version.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises';

const SDK = new URL('./', import.meta.resolve('purecloud-platform-client-v2/package.json'));
const SOURCES = new URL('src/purecloud-platform-client-v2/api/', SDK);
export const PLATFORM_OPERATIONS_FILE: URL = new URL(
  '../src/emulator/platform-paths/operations.json',
  import.meta.url,
);

/** Every generated method of the SDK makes exactly one such call. */
const CALL = /callApi\(\s*'(?<path>[^']+)',\s*'(?<method>[A-Z]+)'/g;

/** The methods of each path. */
async function readOperations(): Promise<Map<string, Set<string>>> {
  const methodsByPath = new Map<string, Set<string>>();
  for (const file of await readdir(SOURCES)) {
    const source = await readFile(new URL(file, SOURCES), 'utf8');
    const found = [...source.matchAll(CALL)];
    const expected = source.split('callApi(').length - 1;
    if (found.length !== expected) {
      throw new Error(`${file}: read ${found.length} of ${expected} calls; adapt CALL to the SDK`);
    }
    for (const { groups } of found) {
      const path = groups?.['path'] ?? '';
      const methods = methodsByPath.get(path) ?? new Set();
      methodsByPath.set(path, methods.add(groups?.['method'] ?? ''));
    }
  }
  return methodsByPath;
}

async function readSdkVersion(): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(new URL('package.json', SDK), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : 'unknown';
}

/** The text of the generated file for the SDK that is installed. */
export async function renderPlatformOperations(): Promise<string> {
  const paths = [...(await readOperations())]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, methods]) => [path, [...methods].toSorted().join(' ')] as const);
  const content = {
    source: `purecloud-platform-client-v2 ${await readSdkVersion()}`,
    paths: Object.fromEntries(paths),
  };
  return `${JSON.stringify(content, undefined, 2)}\n`;
}

if (import.meta.main) await writeFile(PLATFORM_OPERATIONS_FILE, await renderPlatformOperations());
