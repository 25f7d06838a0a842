import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import {
  PLATFORM_OPERATIONS_FILE,
  renderPlatformOperations,
} from '../../scripts/generate-platform-paths.ts';

describe('src/emulator/platform-paths/operations.json', () => {
  it('is what `npm run generate` writes for the installed SDK', async () => {
    const checkedIn = await readFile(PLATFORM_OPERATIONS_FILE, 'utf8');
    // Compared as a boolean: a diff of two thousand lines would say less than the command does.
    expect(checkedIn === (await renderPlatformOperations()), 'run `npm run generate`').toBe(true);
  });
});
