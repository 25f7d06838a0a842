import { describe, expect, it } from 'vitest';
import { countTests, formatCounts, type CountedModule } from './count-tests.ts';

type State = 'passed' | 'failed' | 'skipped' | 'pending';

function moduleWith(
  states: readonly State[],
  errors: readonly unknown[] = [],
  suiteErrors: readonly unknown[] = [],
): CountedModule {
  return {
    children: {
      allTests: (state) => states.filter((own) => own === state),
      allSuites: () => [{ errors: () => suiteErrors }],
    },
    errors: () => errors,
  };
}

describe('countTests', () => {
  it('counts the tests of all files by how they ended', () => {
    const modules = [moduleWith(['passed', 'failed', 'skipped']), moduleWith(['passed'])];
    expect(countTests(modules, [])).toEqual({ passed: 2, failed: 1, skipped: 1 });
  });

  it('counts as failed a file that does not load, a hook that throws, and a stray error', () => {
    const modules = [moduleWith([], ['syntax']), moduleWith(['passed'], [], ['beforeAll'])];
    expect(countTests(modules, ['stray'])).toEqual({ passed: 1, failed: 3, skipped: 0 });
  });

  it('counts as failed a test that never came back', () => {
    expect(countTests([moduleWith(['pending'])], [])).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });
});

describe('formatCounts', () => {
  it('names skipped tests only where there are some', () => {
    expect(formatCounts({ passed: 3, failed: 0, skipped: 0 })).toBe('3 passed, 0 failed');
    expect(formatCounts({ passed: 3, failed: 1, skipped: 2 })).toBe(
      '3 passed, 1 failed, 2 skipped',
    );
  });
});
