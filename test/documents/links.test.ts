import { access, readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = new URL('../../', import.meta.url);

/** Everything in Markdown that a reader of the repository is led to. */
async function pages(): Promise<readonly URL[]> {
  const found: URL[] = [];
  for (const folder of ['docs/', 'examples/', 'benchmarks/', 'src/', 'test/']) {
    const names = await readdir(new URL(folder, ROOT), { recursive: true });
    found.push(...names.map((name) => new URL(folder + name, ROOT)));
  }
  found.push(...(await readdir(ROOT)).map((name) => new URL(name, ROOT)));
  return found.filter(({ pathname }) => pathname.endsWith('.md'));
}

const isThere = (file: URL): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );

/** By which a page of GitHub's is scrolled to a heading. */
function anchorsOf(text: string): ReadonlySet<string> {
  const headings = text.matchAll(/^#{1,6} +(.+)$/gm);
  return new Set(
    [...headings].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
        .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
        .trim()
        .replaceAll(' ', '-'),
    ),
  );
}

async function leads(target: URL): Promise<boolean> {
  const { hash, pathname } = target;
  if (hash === '' || !pathname.endsWith('.md')) return isThere(target);
  const text = await readFile(new URL(pathname, target), 'utf8').catch(() => '');
  return anchorsOf(text).has(decodeURIComponent(hash.slice(1)));
}

describe('the documents', () => {
  it('link only to files, and to headings in them, that are there', async () => {
    const broken: string[] = [];
    for (const page of await pages()) {
      const text = await readFile(page, 'utf8');
      for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^[a-z]+:/.test(target) || (await leads(new URL(target, page)))) continue;
        broken.push(`${fileURLToPath(page)}: ${target}`);
      }
    }
    expect(broken).toEqual([]);
  });

  it('name only files and folders that are there', async () => {
    const gone: string[] = [];
    for (const page of await pages()) {
      const text = await readFile(page, 'utf8');
      const named = text.matchAll(/`((?:src|test|docs|benchmarks|scripts|examples)\/[\w./-]*)`/g);
      for (const [, path = ''] of named) {
        if (!(await isThere(new URL(path, ROOT)))) gone.push(`${fileURLToPath(page)}: ${path}`);
      }
    }
    expect(gone).toEqual([]);
  });

  it('tell what is in each folder of tests, and of no other', async () => {
    const text = await readFile(new URL('CONTRIBUTING.md', ROOT), 'utf8');
    const [table = ''] = /^\| folder[^]*?\n\n/m.exec(text) ?? [];
    const told = [...table.matchAll(/`(\w+)\/`/g)].map(([, folder = '']) => folder);
    const entries = await readdir(new URL('test/', ROOT), { withFileTypes: true });
    const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    expect(told.toSorted()).toEqual(folders.toSorted());
  });

  it('hold no reference to a variable that a formatter took apart', async () => {
    const torn: string[] = [];
    for (const page of await pages()) {
      if (/\$, \{/.test(await readFile(page, 'utf8'))) torn.push(fileURLToPath(page));
    }
    expect(torn).toEqual([]);
  });
});
