import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { PATIENCE_MS } from '../support/patience.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));

/** What each example must print; one that is not here fails. */
const PRINTED: Readonly<Record<string, RegExp>> = {
  'emulator-in-a-test.ts': /pass 2\n/,
  'enrich-as-library.ts':
    /"crm\.tier":"standard","crm\.spent":"42\.5".*crm\.spent is removed: visible/s,
  'official-sdk.ts': /customer .*'crm\.tier': 'gold'/s,
  'write-attributes.ts': /accepted by the platform\nvisible on the customer/,
};

describe('examples/', () => {
  it('holds what is tested here, and nothing else', async () => {
    const files = (await readdir(`${root}examples`)).filter((name) => name.endsWith('.ts'));
    expect(files.toSorted()).toEqual(Object.keys(PRINTED).toSorted());
  });

  it.each(Object.entries(PRINTED))(
    '%s runs to its end and shows what it says',
    async (name, shows) => {
      const file = `examples/${name}`;
      const env = { ...process.env, NODE_TEST_CONTEXT: undefined, NO_COLOR: '1' };
      const args = ['-C', 'rapport-source', file];
      const { stdout } = await run(process.execPath, args, {
        cwd: root,
        env,
        timeout: PATIENCE_MS,
      });
      expect(stdout).toMatch(shows);
    },
  );
});
