import { writeSync } from 'node:fs';
import type { Reporter } from 'vitest/node';
import { ContractTally } from '../contract/judge/tally.ts';
import { countTests, formatCounts, type CountedModule, type TestCounts } from './count-tests.ts';

/**
 * Ends a run with two lines: how much of it the contract's validator has seen, and as the very last
 * one `N passed, N failed`, which scripts read.
 */
export class FinalLineReporter implements Reporter {
  readonly #tally = new ContractTally();
  #counts: TestCounts | undefined;

  onInit(vitest: { provide(key: 'contractTallyFolder', value: string): void }): void {
    vitest.provide('contractTallyFolder', this.#tally.folder);
    // At exit, since other reporters and vitest itself still write after the run's end.
    process.once('exit', () => {
      this.#tally[Symbol.dispose]();
      if (this.#counts !== undefined) writeSync(1, `${formatCounts(this.#counts)}\n`);
    });
  }

  onTestRunEnd(modules: readonly CountedModule[], unhandledErrors: readonly unknown[]): void {
    const { summary, problem } = this.#tally.read();
    const problems = problem === undefined ? [] : [problem];
    this.#counts = countTests(modules, [...unhandledErrors, ...problems]);
    if (summary !== undefined) writeSync(1, `${summary}\n`);
    if (problem !== undefined) {
      writeSync(2, `${problem}\n`);
      process.exitCode = 1;
    }
  }
}
