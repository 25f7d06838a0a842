import { describe, expect, it } from 'vitest';
import type { AttributeEntry } from '../domain/attribute-entry.ts';
import { parseConversationId, parseParticipantId } from '../domain/ids.ts';
import type { Observation } from '../domain/observation.ts';
import type { Observed } from '../ledger/ledger.ts';
import { DEFAULT_PROOF_SETTINGS } from '../writeback/proof/settings.ts';
import { LiveTurns } from './live-turns.ts';
import { Observer, type Remembered } from './observe.ts';

const conversationId = parseConversationId('c1');
const participantId = parseParticipantId('p1');
const NOW = 1_000_000;

const accepted: AttributeEntry = {
  conversationId,
  participantId,
  target: 'attributes',
  key: 'crm.tier',
  state: 'accepted',
  class: 'public',
  wipe: false,
  wanted: 'gold',
  base: undefined,
  seen: undefined,
  seenAt: undefined,
  own: ['gold'],
  writes: 1,
  rewrites: 0,
  sentAt: NOW - 100,
  acceptedAt: NOW - 50,
  provedAt: undefined,
  deadlineAt: NOW + 5000,
  note: { turn: 't1', covered: true },
};

/** A ledger of one conversation that takes its time. */
class Shelf {
  entries: readonly AttributeEntry[];
  endedAt: number | undefined;
  phase: Remembered['phase'] = 'idle';
  readonly recorded: Observed[] = [];

  constructor(...entries: readonly AttributeEntry[]) {
    this.entries = entries;
  }

  /** How many of the next questions it cannot answer. */
  failures = 0;

  now(): number {
    return NOW;
  }

  wake(): Promise<boolean> {
    return Promise.resolve(true);
  }

  async find(): Promise<Remembered> {
    const { entries, endedAt, phase } = this;
    await Promise.resolve();
    if (this.failures-- > 0) throw new Error('the store is away');
    const known = {
      fence: 1,
      dueAt: undefined,
      feedSeq: 0,
      changedAt: NOW,
    } as const;
    return { ...known, phase, entries, endedAt };
  }

  lastSettled(): undefined {}

  async observe(observed: Observed): Promise<'recorded'> {
    await Promise.resolve();
    this.recorded.push(observed);
    this.entries = observed.entries ?? this.entries;
    this.endedAt ??= observed.endedAt;
    return 'recorded';
  }
}

function observerOf(shelf: Shelf): Observer {
  return new Observer({
    ledger: shelf,
    live: new LiveTurns(),
    toOutbox: () => [],
    writeback: {
      now: () => NOW,
      digest: (_p, _k, value) => value,
      settings: DEFAULT_PROOF_SETTINGS,
    },
  });
}

const shows = (value: string): Observation => ({
  kind: 'attributes',
  conversationId,
  participantId,
  eventAt: undefined,
  attributes: new Map([['crm.tier', value]]),
});

describe('Observer', () => {
  it('weighs what comes together one after another, so that nothing is told twice', async () => {
    const shelf = new Shelf(accepted);
    const observer = observerOf(shelf);
    await Promise.all([observer.observe(shows('gold')), observer.observe(shows('gold'))]);
    expect(shelf.recorded.map(({ entries }) => entries?.[0]?.state)).toEqual(['visible']);
  });

  it('records what stands now where somebody else’s value stood: the next want is weighed against it', async () => {
    const overwritten = { ...accepted, state: 'overwritten', deadlineAt: undefined } as const;
    const note = { turn: 't1', told: 'overwritten' };
    const shelf = new Shelf({ ...overwritten, seen: 'silver', note });
    await observerOf(shelf).observe(shows('bronze'));
    expect(shelf.entries[0]?.seen).toBe('bronze');
  });

  it('records the end though nothing that is guarded changes with it, once', async () => {
    const shelf = new Shelf({ ...accepted, state: 'closed', deadlineAt: undefined });
    const observer = observerOf(shelf);
    const ended: Observation = { kind: 'ended', conversationId, eventAt: 42 };
    await observer.observe(ended);
    await observer.observe(ended);
    expect(shelf.recorded.map(({ endedAt }) => endedAt)).toEqual([42]);
  });

  it('records the end for a request that waits, though nothing was written yet', async () => {
    const ended: Observation = { kind: 'ended', conversationId, eventAt: 42 };
    const waiting = new Shelf();
    waiting.phase = 'due';
    await observerOf(waiting).observe(ended);
    await observerOf(waiting).observe(shows('gold'));
    expect(waiting.recorded.map(({ endedAt }) => endedAt)).toEqual([42]);
    const idle = new Shelf();
    await observerOf(idle).observe(ended);
    expect(idle.recorded).toEqual([]);
  });

  it('goes on after an observation that could not be recorded', async () => {
    const shelf = new Shelf(accepted);
    const observer = observerOf(shelf);
    shelf.failures = 1;
    const failing = observer.observe(shows('gold'));
    const next = observer.observe(shows('gold'));
    await expect(failing).rejects.toThrow('away');
    await next;
    expect(shelf.entries[0]?.state).toBe('visible');
  });
});
