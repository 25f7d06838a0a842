import { describe, expect, it } from 'vitest';
import { Inbox } from './inbox.ts';
import type { WireJob, WireRequest } from './protocol.ts';

const aJob = (job: number): WireJob => ({ job, kind: 'unit', statements: [] });

const aRequest = (isUrgent: boolean, ...jobs: readonly number[]): WireRequest => ({
  kind: 'work',
  isUrgent,
  texts: [],
  jobs: jobs.map(aJob),
});

const urgent = (...jobs: readonly number[]): WireRequest => aRequest(true, ...jobs);
const patient = (...jobs: readonly number[]): WireRequest => aRequest(false, ...jobs);

/** An inbox, what has arrived at its port, and what it was told of texts. */
function anInbox(...arrived: WireRequest[]) {
  const learned: string[] = [];
  const inbox = new Inbox({
    receive: () => arrived.shift(),
    learn: (texts) => learned.push(...texts.map(([, text]) => text)),
  });
  return { inbox, arrived, learned };
}

const numbersOf = (jobs: Iterable<WireJob>): readonly number[] => [...jobs].map(({ job }) => job);

describe('Inbox', () => {
  it('gives out what somebody waits for first, and apart', () => {
    const { inbox } = anInbox(patient(1, 2), urgent(3), urgent(4));
    expect(numbersOf(inbox.batch())).toEqual([3, 4]);
    expect(numbersOf(inbox.batch())).toEqual([1, 2]);
    expect(inbox.isEmpty).toBe(true);
  });

  it('ends a batch of patient work with what has come meanwhile and is waited for', () => {
    const { inbox, arrived } = anInbox(patient(1, 2, 3, 4));
    const given: number[] = [];
    for (const { job } of inbox.batch()) {
      given.push(job);
      if (job === 2) arrived.push(patient(5), urgent(6));
    }
    expect(given).toEqual([1, 2, 6]);
    expect(numbersOf(inbox.batch())).toEqual([3, 4, 5]);
  });

  it('does not leave patient work behind for ever', () => {
    const { inbox, arrived } = anInbox(patient(1));
    const batches: (readonly number[])[] = [];
    while (!inbox.isEmpty || batches.length === 0) {
      arrived.push(urgent(2));
      batches.push(numbersOf(inbox.batch()));
    }
    expect(batches.at(-1)).toEqual([2, 1]);
    expect(batches).toHaveLength(17);
    arrived.push(urgent(2), patient(1));
    expect(numbersOf(inbox.batch())).toEqual([2]);
  });

  it('bounds a batch, and loses nothing of a larger one', () => {
    const many = Array.from({ length: 600 }, (_, job) => job);
    for (const request of [urgent(...many), patient(...many)]) {
      const { inbox } = anInbox(request);
      const batches = [inbox.batch(), inbox.batch(), inbox.batch()].map(numbersOf);
      expect(batches.map(({ length }) => length)).toEqual([256, 256, 88]);
      expect(batches.flat()).toEqual(many);
    }
  });

  it('tells of a text before a job that needs it', () => {
    const { inbox, learned } = anInbox({ ...patient(1), texts: [[7, 'select 1']] } as WireRequest);
    for (const { job } of inbox.batch()) expect([job, learned]).toEqual([1, ['select 1']]);
    expect(inbox.isEmpty).toBe(true);
  });

  it('does what was asked for before it closes', () => {
    const { inbox } = anInbox(patient(1), urgent(2), { kind: 'close' });
    expect(inbox.isClosing).toBe(false);
    expect(numbersOf(inbox.batch())).toEqual([2]);
    expect(inbox.isClosing).toBe(true);
    expect(numbersOf(inbox.batch())).toEqual([1]);
  });
});
