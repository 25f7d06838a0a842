import { describe, expect, it } from 'vitest';
import type { AttributeEntry } from '../../domain/attribute-entry.ts';
import { parseConversationId, parseParticipantId } from '../../domain/ids.ts';
import type { ProofEvent } from './event.ts';
import { memoryOf, type ProofMemory } from './memory.ts';
import { reduce } from './reduce.ts';
import { DEFAULT_PROOF_SETTINGS } from './settings.ts';

const NOW = 1_000_000;
const { settleMs } = DEFAULT_PROOF_SETTINGS;
const LEFT: ProofEvent = { kind: 'wipe', blank: 'blank' };
const DUE: ProofEvent = { kind: 'deadline' };
const read = (digest: string, startedAt: number): ProofEvent => ({
  kind: 'evidence',
  source: 'read',
  digest,
  startedAt,
});

/** A key that is to be emptied, and that somebody else has written over. */
function overwritten(note: ProofMemory): AttributeEntry {
  return {
    conversationId: parseConversationId('a-conversation'),
    participantId: parseParticipantId('the-customer'),
    target: 'attributes',
    key: 'crm.tier',
    state: 'overwritten',
    class: 'personal',
    wipe: true,
    wanted: 'ours',
    base: undefined,
    seen: 'theirs',
    seenAt: undefined,
    own: ['ours'],
    writes: 1,
    rewrites: 0,
    sentAt: NOW - 9000,
    acceptedAt: NOW - 8900,
    provedAt: NOW - 8000,
    deadlineAt: undefined,
    note: { by: 'unknown', ...note },
  };
}

interface Played {
  readonly entry: AttributeEntry;
  readonly does: readonly string[];
}

function play(entry: AttributeEntry, event: ProofEvent, now = NOW): Played {
  const step = reduce(entry, event, { now, settings: DEFAULT_PROOF_SETTINGS });
  return { entry: step.entry, does: step.actions.map(({ kind }) => kind) };
}

describe('reduce: wiping under a voice flow', () => {
  it('waits for a flow whose copy may bring our value back before it leaves theirs alone', () => {
    const begun = play(overwritten({ flow: 'newer' }), LEFT);
    expect([begun.entry.state, begun.does]).toEqual(['wiping', ['feed', 'audit']]);
    const asked = play(begun.entry, DUE, NOW + settleMs);
    expect(asked.does).toEqual(['read']);
    const running = play(asked.entry, read('theirs', NOW + settleMs), NOW + settleMs);
    expect([running.entry.state, running.does]).toEqual(['wiping', []]);

    const endedAt = NOW + 7000;
    const ended = play(running.entry, { kind: 'flow-ended' }, endedAt).entry;
    expect(ended.deadlineAt).toBe(endedAt + settleMs);
    const last = play(ended, DUE, endedAt + settleMs);
    expect(last.does).toEqual(['read']);
    const at = endedAt + settleMs;
    expect(play(last.entry, read('ours', at), at).does).toEqual(['patch']);
    const theirs = play(last.entry, read('theirs', at), at).entry;
    expect([theirs.state, memoryOf(theirs).theirs]).toEqual(['wiped', true]);
  });

  it('leaves theirs alone at once where no flow runs, or it ended long ago', () => {
    for (const note of [{}, { flowEndedAt: NOW - settleMs }]) {
      expect(play(overwritten(note), LEFT).entry.state).toBe('wiped');
    }
    expect(play(overwritten({ flowEndedAt: NOW - 1 }), LEFT).entry.state).toBe('wiping');
  });
});

const frame = (digest: string, at?: number): ProofEvent => ({
  kind: 'evidence',
  source: 'event',
  digest,
  at,
});

/** Ours was seen; the wipe has left and been taken. */
function taken(): AttributeEntry {
  const visible: AttributeEntry = {
    ...overwritten({}),
    state: 'visible',
    base: 'blank',
    seen: 'ours',
    seenAt: NOW - 8000,
  };
  const { entry } = play(play(visible, LEFT).entry, { kind: 'leave' });
  const answer: ProofEvent = { kind: 'answer', write: 2, answer: { kind: 'accepted' } };
  return play(entry, answer).entry;
}

describe('reduce: wiping by frames that may be older', () => {
  it('does not take a frame without a time for the proof, which may be from before', () => {
    const late = play(taken(), frame('blank'));
    expect([late.entry.state, late.does]).toEqual(['wiping', []]);
    expect(play(late.entry, DUE, NOW + settleMs).does).toEqual(['read']);
    expect(play(late.entry, read('blank', NOW + settleMs), NOW + settleMs).entry.state).toBe(
      'wiped',
    );
  });

  it('takes a frame that is later than the one that showed ours', () => {
    expect(play(taken(), frame('blank', NOW - 8001)).entry.state).toBe('wiping');
    expect(play(taken(), frame('blank', NOW + 100)).entry.state).toBe('wiped');
  });

  it('does not take a frame without a time against a read that showed ours after the wipe', () => {
    const absent = { ...taken(), base: undefined };
    const asked = play(absent, DUE, NOW + settleMs).entry;
    const shown = play(asked, read('ours', NOW + settleMs), NOW + settleMs).entry;
    expect(play(shown, frame('blank'), NOW + settleMs).entry.state).toBe('wiping');
    const later = NOW + 4 * settleMs;
    expect(play(shown, DUE, later).does).toEqual(['read']);
    expect(play(shown, read('blank', later), later).entry.state).toBe('wiped');
  });

  it('takes any frame for a key that was not there before', () => {
    expect(play({ ...taken(), base: undefined }, frame('blank')).entry.state).toBe('wiped');
  });
});
