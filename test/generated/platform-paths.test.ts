import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { PLATFORM_TREE_FILE, renderPlatformTree } from '../../scripts/generate-platform-paths.ts';

describe('src/emulator/platform-paths/tree.ts', () => {
  it('is what `npm run generate` writes for the installed SDK', async () => {
    const checkedIn = await readFile(PLATFORM_TREE_FILE, 'utf8');
    // Compared as a boolean: a diff of three thousand lines would say less than the command does.
    expect(checkedIn === (await renderPlatformTree()), 'run `npm run generate`').toBe(true);
  });
});
