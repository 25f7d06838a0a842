/** What a test run came to. */
export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** As much of vitest's `TestModule` as counting needs. */
export interface CountedModule {
  readonly children: {
    allTests(state?: 'passed' | 'failed' | 'skipped' | 'pending'): Iterable<unknown>;
    allSuites(): Iterable<{ errors(): readonly unknown[] }>;
  };
  errors(): readonly unknown[];
}

/**
 * Counts tests, and as failed also whatever kept tests from running: a file that does not load, a
 * hook that throws, an error that nobody caught. A run with a failure never counts none.
 */
export function countTests(
  modules: readonly CountedModule[],
  unhandledErrors: readonly unknown[],
): TestCounts {
  const count = (state: 'passed' | 'failed' | 'skipped' | 'pending'): number =>
    modules.reduce((sum, { children }) => sum + [...children.allTests(state)].length, 0);
  const errors = modules.reduce((sum, module) => {
    const inSuites = [...module.children.allSuites()].flatMap((suite) => suite.errors());
    return sum + module.errors().length + inSuites.length;
  }, unhandledErrors.length);
  return {
    passed: count('passed'),
    // A test that is still pending when the run ends never reported: that is no success.
    failed: count('failed') + count('pending') + errors,
    skipped: count('skipped'),
  };
}

export function formatCounts({ passed, failed, skipped }: TestCounts): string {
  const line = `${passed} passed, ${failed} failed`;
  return skipped === 0 ? line : `${line}, ${skipped} skipped`;
}
