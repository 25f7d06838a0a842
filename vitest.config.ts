import { defineConfig, type ViteUserConfig } from 'vitest/config';
import { FinalLineReporter } from './test/reporter/final-line-reporter.ts';

const config: ViteUserConfig = defineConfig({
  test: {
    // Files share one module graph: it is fast, and it keeps us honest about module state.
    isolate: false,
    // For a machine that is busy with other things; no test waits for time to pass.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    reporters: ['default', new FinalLineReporter()],
    setupFiles: ['./test/contract/setup.ts'],
  },
});
export default config;
