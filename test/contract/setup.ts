import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, expect, inject } from 'vitest';
import { writeTallyPart } from './tally.ts';
import { contractWatch } from './watch.ts';

declare module 'vitest' {
  interface ProvidedContext {
    contractTallyFolder: string;
  }
}

const expectNoProblems = (): void => {
  expect(contractWatch.takeProblems(), 'what the emulator said breaks the contract').toEqual([]);
};

afterEach(expectNoProblems);
afterAll(() => {
  expectNoProblems();
  const part = contractWatch.takePart();
  if (part.answers + part.frames > 0) {
    writeTallyPart(inject('contractTallyFolder'), randomUUID(), part);
  }
});
