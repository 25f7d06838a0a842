import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);
const MIB = 1_048_576;
/** More than Node’s own start takes. */
const BOUND = 32 * MIB;

/** Makes much that lives for a while, and prints what room V8 took for it, in bytes. */
const LOAD = `
  import { getHeapSpaceStatistics } from 'node:v8';
  import { boundYoungGeneration } from '${new URL('young-generation.ts', import.meta.url).href}';
  const given = process.execArgv.join(' ');
  using bound = process.env.BOUND ? boundYoungGeneration(given, Number(process.env.BOUND)) : undefined;
  let kept = [];
  for (let turn = 0; turn < 1_500; turn += 1) {
    for (let made = 0; made < 1_000; made += 1) kept.push({ made, list: [made] });
    if (kept.length > 600_000) kept = kept.slice(300_000);
    await new Promise(setImmediate);
  }
  console.log(getHeapSpaceStatistics().find((space) => space.space_name === 'new_space').space_size);
`;

/** Flags hold for a whole process, so each case has one of its own. */
async function roomTaken(options: readonly string[], bound?: number): Promise<number> {
  const env = { ...process.env, BOUND: bound === undefined ? '' : String(bound) };
  const args = [...options, '--input-type=module', '--eval', LOAD];
  return Number((await run(process.execPath, args, { env })).stdout);
}

describe('boundYoungGeneration', () => {
  it('keeps V8 within the bound, which it passes by itself', async () => {
    expect(await roomTaken([])).toBeGreaterThan(BOUND);
    expect(await roomTaken([], BOUND)).toBeLessThanOrEqual(BOUND);
  });

  it('leaves the size to whoever gave Node one', async () => {
    expect(await roomTaken(['--max-semi-space-size=32'], BOUND)).toBe(64 * MIB);
  });
});
