import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, expect, inject } from 'vitest';
import { writeTallyPart } from './tally.ts';
import { contractWatch } from './watch.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Missing where another reporter was chosen on the command line: then nobody counts. */
    contractTallyFolder?: string;
  }
}

const expectNoProblems = (): void => {
  expect(contractWatch.takeProblems(), 'what the emulator said breaks the contract').toEqual([]);
};

afterEach(expectNoProblems);
afterAll(() => {
  expectNoProblems();
  const part = contractWatch.takePart();
  const folder = inject('contractTallyFolder');
  if (folder !== undefined && part.answers + part.frames > 0) {
    writeTallyPart(folder, randomUUID(), part);
  }
});
