import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig, type ViteUserConfig } from 'vitest/config';
import { FinalLineReporter } from './test/reporter/final-line-reporter.ts';
import { TEST_MS } from './test/support/patience.ts';

const config: ViteUserConfig = defineConfig({
  test: {
    // Files share one module graph: it is fast, and it keeps us honest about module state.
    isolate: false,
    // One for each core, where vitest leaves one free: the file that waits for a database, a
    // process or a lease lets the other one work.
    maxWorkers: availableParallelism(),
    testTimeout: TEST_MS,
    hookTimeout: TEST_MS,
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    reporters: ['default', new FinalLineReporter()],
    globalSetup: ['./test/support/servers.ts'],
    setupFiles: ['./test/contract/judge/setup.ts'],
    env: {
      // Each ledger on SQLite has a thread, and many tests have a process: what these strip and
      // compile is the same every time, and was half of their start.
      NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/node', import.meta.url)),
    },
  },
});
export default config;
