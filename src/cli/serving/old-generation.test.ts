import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { growthFlag } from './old-generation.ts';

const run = promisify(execFile);

// How much garbage that leaves depends on when V8 collects; benchmarks/README.md has it measured.
describe('growthFlag', () => {
  it('is an option that this Node knows, and not one that it would refuse', async () => {
    const flag = growthFlag('--max-semi-space-size=16') ?? '';
    await expect(run(process.execPath, [flag, '--eval', '0'])).resolves.toMatchObject({
      stderr: '',
    });
    const misspelt = flag.replace('heap', 'heaps');
    await expect(run(process.execPath, [misspelt, '--eval', '0'])).rejects.toThrow('bad option');
  });

  it('leaves the growth to whoever gave Node one', () => {
    expect(growthFlag('--heap-growing-percent=300')).toBeUndefined();
    expect(growthFlag('--max-old-space-size=512 --heap_growing_percent=300')).toBeUndefined();
  });
});
