import { access, readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = new URL('../../', import.meta.url);

/** Everything in Markdown that a reader of the repository is led to. */
async function pages(): Promise<readonly URL[]> {
  const folders = [
    '',
    'docs/guides/',
    'docs/reference/',
    'docs/decisions/',
    'examples/',
    'benchmarks/',
    'src/emulator/',
  ];
  const found = await Promise.all(
    folders.map(async (folder) => {
      const names = await readdir(new URL(folder, ROOT));
      return names
        .filter((name) => name.endsWith('.md'))
        .map((name) => new URL(folder + name, ROOT));
    }),
  );
  return found.flat();
}

const isThere = (file: URL): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );

describe('the documents', () => {
  it('link only to files that are there', async () => {
    const broken: string[] = [];
    for (const page of await pages()) {
      const text = await readFile(page, 'utf8');
      for (const [, target = ''] of text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)) {
        if (/^[a-z]+:/.test(target) || (await isThere(new URL(target, page)))) continue;
        broken.push(`${fileURLToPath(page)}: ${target}`);
      }
    }
    expect(broken).toEqual([]);
  });

  it('hold no reference to a variable that a formatter took apart', async () => {
    const torn: string[] = [];
    for (const page of await pages()) {
      if (/\$, \{/.test(await readFile(page, 'utf8'))) torn.push(fileURLToPath(page));
    }
    expect(torn).toEqual([]);
  });
});
