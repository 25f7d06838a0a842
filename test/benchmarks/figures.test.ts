import { describe, expect, it } from 'vitest';
import { atShare, figuresOf, type Observed } from '../../benchmarks/service/figures/figures.ts';
import { middleOf } from '../../benchmarks/service/figures/middle.ts';
import { Notebook } from '../../benchmarks/world/notebook.ts';
import type { Sighting } from '../../benchmarks/world/questions.ts';

const ID = '11111111-1111-4111-8111-111111111111';
const ONE = `/api/v2/conversations/${ID}`;
const WRITE = `${ONE}/participants/22222222-2222-4222-8222-222222222222/attributes`;

describe('Notebook', () => {
  it('tells the reads before the first write from those after it, which can only be for proof', () => {
    const notebook = new Notebook();
    notebook.add(ID, '+15551000000');
    notebook.platformAsked('GET', ONE, 10);
    notebook.platformAnswered('GET', ONE, 51);
    notebook.crmAsked('/%2B15551000000', 52);
    notebook.crmAnswered('/%2B15551000000', 73);
    notebook.platformAsked('PATCH', WRITE, 74);
    notebook.platformAsked('GET', ONE, 200);
    notebook.platformAsked('PATCH', WRITE, 300);
    notebook.platformAsked('POST', '/oauth/token', 1);
    expect(notebook.sightings()).toEqual({
      conversations: [
        {
          conversationId: ID,
          readMs: 41,
          lookupMs: 21,
          writtenAt: 74,
          writes: 2,
          reads: 1,
          proofReads: 1,
        },
      ],
      otherRequests: 1,
    });
  });
});

describe('figuresOf', () => {
  it('takes what platform and CRM took off each conversation’s time, not off the whole', () => {
    const figures = figuresOf(
      observed([
        seen('a', { readMs: 40, writtenAt: 65 }),
        seen('b', { readMs: 90, writtenAt: 112 }),
      ]),
    );
    expect([0, 1].map((share) => atShare(figures.triggerToPatch, share))).toEqual([65, 112]);
    expect([0, 1].map((share) => atShare(figures.ownShare, share))).toEqual([2, 5]);
  });

  it('counts what was not written and what was written more than once', () => {
    const figures = figuresOf(
      observed([seen('a', { writtenAt: undefined, writes: 0 }), seen('b', { writes: 2 })]),
    );
    expect([figures.notWritten, figures.writtenTwice]).toEqual([1, 1]);
    expect(figures.requests).toEqual({ work: 2, proof: 0.5, other: 1.5 });
  });
});

describe('middleOf', () => {
  it('shows the round with the middle processor time, and what went wrong in any', () => {
    const { kept, figures } = middleOf([round(5, 1), round(3, 1), round(9, 2)]);
    expect([kept, figures.writtenTwice]).toEqual(['5', 1]);
    expect(() => middleOf([])).toThrow('--rounds');
  });
});

const round = (cpuSeconds: number, writes: number) => ({
  figures: figuresOf({ ...observed([seen('a', { writes })]), cpuSeconds }),
  kept: `${cpuSeconds}`,
});

function seen(conversationId: string, more: Partial<Sighting>): Sighting {
  const reads = 1;
  const proofReads = conversationId === 'b' ? 1 : 0;
  return {
    conversationId,
    readMs: 40,
    lookupMs: 20,
    writtenAt: 60,
    writes: 1,
    reads,
    proofReads,
    ...more,
  };
}

function observed(sightings: readonly Sighting[]): Observed {
  return {
    triggers: {
      sentAt: new Map(sightings.map(({ conversationId }) => [conversationId, 0])),
      lateMs: [],
      acknowledgedMs: [],
      refused: 0,
    },
    sightings,
    otherRequests: 3,
    cpuSeconds: 1,
    residentMiB: [100],
    otherCores: 0,
  };
}
