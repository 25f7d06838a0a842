import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import {
  EMULATOR_SUPPORT_FILE,
  renderEmulatorSupport,
} from '../../scripts/generate-emulator-support.ts';
import { startEmulator } from '../../src/emulator/index.ts';
import { createPlatformPaths } from '../../src/emulator/platform-paths/find-platform-path.ts';

describe('docs/reference/emulator-support.md', () => {
  it('is what `npm run generate` writes', async () => {
    const checkedIn = await readFile(EMULATOR_SUPPORT_FILE, 'utf8');
    expect(checkedIn === (await renderEmulatorSupport()), 'run `npm run generate`').toBe(true);
  });
});

describe('the emulator’s route table', () => {
  it('has no operation that the platform lacks', async () => {
    await using emulator = await startEmulator();
    const platform = new Set(createPlatformPaths().operations());
    const own = emulator.operations.map(({ method, path }) => `${method} ${path}`);
    expect(own.filter((operation) => !platform.has(operation))).toEqual([]);
  });
});
