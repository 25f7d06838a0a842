import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);

/** Replaces 200,000 objects twenty times over, and prints the most that the old generation held, in bytes. */
const LOAD = `
  import { getHeapSpaceStatistics } from 'node:v8';
  import { boundOldGeneration } from '${new URL('old-generation.ts', import.meta.url).href}';
  if (process.env.GIVEN !== undefined) boundOldGeneration(process.env.GIVEN);
  const kept = new Map();
  let most = 0;
  for (let made = 0; made < 4_000_000; made += 1) {
    kept.set(made % 200_000, { made, list: [made, made, made, made] });
    if (made % 5_000 !== 0) continue;
    const old = getHeapSpaceStatistics().find((space) => space.space_name === 'old_space');
    most = Math.max(most, old.space_used_size);
    await new Promise(setImmediate);
  }
  console.log(most);
`;

/** Flags hold for a whole process, so each case has one of its own. */
async function mostHeld(given?: string): Promise<number> {
  const env = { ...process.env, ...(given !== undefined && { GIVEN: given }) };
  const args = ['--input-type=module', '--eval', LOAD];
  return Number((await run(process.execPath, args, { env })).stdout);
}

describe('boundOldGeneration', () => {
  it('leaves less garbage than V8 by itself', async () => {
    expect(await mostHeld('')).toBeLessThan(0.75 * (await mostHeld()));
  });

  it('leaves the growth to whoever gave Node one', async () => {
    expect(await mostHeld('')).toBeLessThan(0.75 * (await mostHeld('--heap-growing-percent=300')));
  });
});
