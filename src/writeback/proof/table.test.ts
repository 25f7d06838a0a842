import { describe, expect, it } from 'vitest';
import type { AttributeEntry } from '../../domain/attribute-entry.ts';
import { parseConversationId, parseParticipantId } from '../../domain/ids.ts';
import type { AttributeState } from '../../domain/outcome.ts';
import type { EvidenceEvent, ProofAction, ProofEvent, WantEvent, WriteAnswer } from './event.ts';
import { memoryOf, type ProofMemory } from './memory.ts';
import { want } from './planning.ts';
import { reduce } from './reduce.ts';
import { DEFAULT_PROOF_SETTINGS, type OverwritePolicy, type ProofSettings } from './settings.ts';

// Digests stand for values: wanted, an older one of ours, the one before us, and two of others.
const [W, O, B, F, BLANK] = ['wanted', 'own', 'base', 'foreign', 'blank'];
const NOW = 1_000_000;
/** The platform's clock is another one; only differences within it mean anything. */
const EVENT = 50_000;
const { proveMs, lateMs, settleMs } = DEFAULT_PROOF_SETTINGS;
const OTHER = parseParticipantId('another-participant');
const ID = {
  conversationId: parseConversationId('a-conversation'),
  participantId: parseParticipantId('the-customer'),
  target: 'attributes' as const,
  key: 'crm.tier',
};

interface Given extends Partial<Omit<AttributeEntry, 'note'>> {
  readonly state: AttributeState;
  readonly note?: ProofMemory;
}

/** An entry that was sent a second before `NOW` and answered half a second later. */
function entry({ note = {}, ...fields }: Given): AttributeEntry {
  return {
    ...ID,
    class: 'personal',
    wipe: false,
    wanted: W,
    base: B,
    seen: undefined,
    seenAt: undefined,
    own: [O, W],
    writes: 2,
    rewrites: 0,
    sentAt: NOW - 1000,
    acceptedAt: NOW - 500,
    provedAt: undefined,
    deadlineAt: undefined,
    ...fields,
    note: { turn: 'turn-1', ...note },
  };
}

const visible = (more: Partial<Given> = {}): AttributeEntry =>
  entry({
    state: 'visible',
    seen: W,
    seenAt: EVENT,
    ...more,
    note: { wantedAt: EVENT, ...more.note },
  });

const wiping = (more: Partial<Given> = {}): AttributeEntry =>
  entry({
    state: 'wiping',
    wipe: true,
    wanted: BLANK,
    own: [O, W, BLANK],
    deadlineAt: NOW,
    ...more,
    note: { removal: true, wipeBy: NOW + 600_000, wipeAcked: true, ...more.note },
  });

const wanting = (more: Partial<WantEvent> = {}): WantEvent => ({
  kind: 'want',
  id: ID,
  digest: W,
  class: 'personal',
  wipe: false,
  asked: true,
  turn: 'turn-2',
  covered: true,
  ...more,
});

const told = (digest: string, at = EVENT + 10): EvidenceEvent => ({
  kind: 'evidence',
  source: 'event',
  digest,
  at,
});
/** An event that does not say when it happened, as a queue's frames do not. */
const untimed = (digest: string): EvidenceEvent => ({ ...told(digest), at: undefined });
const read = (digest: string | null, more: Partial<EvidenceEvent> = {}): EvidenceEvent => ({
  kind: 'evidence',
  source: 'read',
  digest,
  startedAt: NOW,
  ...more,
});
const answer = (given: WriteAnswer, write = 2): ProofEvent => ({
  kind: 'answer',
  write,
  answer: given,
});
const started = (flowId: string): ProofEvent => ({ kind: 'flow-started', flowId, older: true });
const ended = (flowId: string): ProofEvent => ({ kind: 'flow-ended', flowId });
const DUE: ProofEvent = { kind: 'deadline' };
const NO_READ: ProofEvent = { kind: 'read-failed', reason: 'budget' };
const ENDED: ProofEvent = { kind: 'ended', blank: BLANK };
const LEFT: ProofEvent = { kind: 'wipe', blank: BLANK };

interface Play {
  readonly now?: number;
  readonly settings?: Partial<ProofSettings>;
}

interface Seen {
  readonly entry: AttributeEntry;
  readonly state: AttributeState;
  readonly memory: ProofMemory;
  /** Milliseconds from `NOW`. */
  readonly dueIn: number | undefined;
  readonly actions: readonly ProofAction[];
  /** The actions in short: `patch`, `read`, `feed:visible`, `alert:overwritten`, … */
  readonly does: readonly string[];
}

function play(before: AttributeEntry | undefined, event: ProofEvent, how: Play = {}): Seen {
  const context = {
    now: how.now ?? NOW,
    settings: { ...DEFAULT_PROOF_SETTINGS, ...how.settings },
  };
  const step =
    before === undefined && event.kind === 'want'
      ? want(undefined, event, context)
      : reduce(before ?? entry({ state: 'planned' }), event, context);
  return {
    ...step,
    state: step.entry.state,
    memory: memoryOf(step.entry),
    dueIn: step.entry.deadlineAt === undefined ? undefined : step.entry.deadlineAt - NOW,
    does: step.actions.map(brief),
  };
}

function brief(action: ProofAction): string {
  switch (action.kind) {
    case 'feed':
      return `feed:${action.state}`;
    case 'outbox':
      return `outbox:${action.type}`;
    case 'audit':
      return `audit:${action.action}`;
    case 'alert':
      return `alert:${action.reason}`;
    case 'move':
      return `move:${action.to}`;
    case 'count':
      return `count:${action.what}`;
    case 'patch':
    case 'read':
    case 'resolve':
      return action.kind;
  }
}

const policy = (byFlow: OverwritePolicy, byOthers: OverwritePolicy): Play => ({
  settings: { onOverwrite: { byFlow, byOthers } },
});

describe('reduce: planning and sending', () => {
  it('row 1: writes nothing when the new wanted value is the one that is wanted, from sent to visible', () => {
    for (const state of ['sent', 'in-doubt', 'accepted', 'applied', 'visible'] as const) {
      const after = play(entry({ state, seen: W }), wanting());
      expect([state, after.state, after.does]).toEqual([state, state, []]);
    }
  });

  it('row 1: writes nothing when the new wanted value is what was seen there last', () => {
    const after = play(entry({ state: 'overwritten', seen: F }), wanting({ digest: F }));
    expect(after.state).toBe('visible');
    expect(after.does).not.toContain('patch');
  });

  it('row 1: does write when the value seen last is about to be replaced by one under way', () => {
    const after = play(entry({ state: 'accepted', seen: O }), wanting({ digest: O }));
    expect(after.does).toContain('patch');
  });

  it('row 2: plans a different value, and closes the old one as superseded', () => {
    const after = play(visible(), wanting({ digest: 'newer' }));
    expect(after.state).toBe('planned');
    expect(after.entry.wanted).toBe('newer');
    expect(after.does).toEqual(['feed:superseded', 'patch']);
  });

  it('row 2: plans a key that was never wanted, and keeps what was there before', () => {
    const after = play(undefined, wanting({ current: B }));
    expect(after.state).toBe('planned');
    expect(after.entry.base).toBe(B);
    expect(after.does).toEqual(['patch']);
  });

  it('row 2: waits for the answer of a write under way before it sends the new value', () => {
    const busy = entry({ state: 'sent', note: { inFlight: true } });
    const planned = play(busy, wanting({ digest: 'newer' }));
    expect([planned.state, planned.does.includes('patch')]).toEqual(['planned', false]);
    const answered = play(planned.entry, answer({ kind: 'accepted' }));
    expect([answered.state, answered.does]).toEqual(['planned', ['patch']]);
  });

  it('row 3: counts the write and remembers its digest when the PATCH leaves', () => {
    const after = play(entry({ state: 'planned', own: [O], writes: 1 }), { kind: 'leave' });
    expect(after.state).toBe('sent');
    expect(after.entry.own).toEqual([O, W]);
    expect(after.entry.writes).toBe(2);
    expect(after.entry.sentAt).toBe(NOW);
  });

  it('row 4: a 2xx is accepted, fed, and judged after proveMs; it proves nothing', () => {
    const sent = entry({ state: 'sent', note: { inFlight: true, covered: true } });
    const after = play(sent, answer({ kind: 'accepted' }));
    expect([after.state, after.dueIn, after.does]).toEqual([
      'accepted',
      proveMs,
      ['feed:accepted'],
    ]);
    expect(after.entry.provedAt).toBeUndefined();
  });

  it('row 5: evidence of the wanted value proves it before the answer, which changes nothing later', () => {
    const sent = entry({ state: 'sent', acceptedAt: undefined, note: { inFlight: true } });
    const proved = play(sent, told(W));
    expect(proved.does).toEqual(['feed:applied', 'feed:visible']);
    const answered = play(proved.entry, answer({ kind: 'accepted' }));
    expect([answered.state, answered.does]).toEqual(['visible', []]);
  });

  it('row 6: a refusal is the verdict, with its code, and is not retried', () => {
    const sent = entry({ state: 'sent', note: { inFlight: true } });
    const after = play(
      sent,
      answer({ kind: 'refused', code: 'missing.permissions', reason: 'not allowed' }),
    );
    expect([after.state, after.memory.code, after.dueIn]).toEqual([
      'refused',
      'missing.permissions',
      undefined,
    ]);
    expect(after.does).not.toContain('patch');
  });

  it('row 7: looks for the customer once when the participant is gone, and moves there', () => {
    const sent = entry({ state: 'sent', note: { inFlight: true } });
    const lost = play(sent, answer({ kind: 'no-participant' }));
    expect(lost.does).toEqual(['resolve']);
    const found = play(lost.entry, { kind: 'customer-changed', to: OTHER });
    expect([found.state, found.does]).toEqual(['superseded', ['feed:superseded', `move:${OTHER}`]]);
    const nobody = play(lost.entry, { kind: 'customer-changed', to: undefined });
    expect(nobody.state).toBe('wrong-participant');
    const again = entry({ state: 'sent', note: { inFlight: true, resolved: true } });
    expect(play(again, answer({ kind: 'no-participant' })).does).toEqual([
      'feed:wrong-participant',
    ]);
  });

  it('row 8: a conversation that is gone skips the key', () => {
    const sent = entry({ state: 'sent', note: { inFlight: true } });
    const after = play(sent, answer({ kind: 'no-conversation' }));
    expect([after.state, after.memory.reason, after.does]).toEqual([
      'ended',
      'ended',
      ['feed:ended'],
    ]);
  });

  it('row 9: an answer that tells nothing leaves the write in doubt, to be read after settleMs, and later each time', () => {
    const sent = entry({ state: 'sent', sentAt: NOW - 100, note: { inFlight: true } });
    const after = play(sent, answer({ kind: 'unknown', reason: '504' }));
    expect([after.state, after.dueIn]).toEqual(['in-doubt', settleMs]);
    expect(after.does).not.toContain('patch');
    expect(play(after.entry, DUE, { now: NOW + settleMs }).does).toEqual(['read']);
    const often = entry({ ...sent, note: { inFlight: true, doubts: 4 } });
    expect(play(often, answer({ kind: 'unknown', reason: '504' })).dueIn).toBe(16 * settleMs);
  });

  it('row 9: what was turned away each time is skipped when the conversation ends', () => {
    const untaken = { kind: 'unknown', reason: '409', untaken: true } as const;
    const sent = entry({ state: 'sent', writes: 1, wipe: true, note: { inFlight: true } });
    const after = play(play(sent, answer(untaken, 1)).entry, ENDED);
    expect([after.state, after.does]).toEqual(['ended', ['feed:ended']]);
    const again = entry({ state: 'sent', writes: 2, note: { inFlight: true, doubts: 1 } });
    const open = play(play(again, answer(untaken)).entry, ENDED);
    expect(open.memory.lastRead).toBe(true);
  });

  it('row 9: a write that nobody saw answered is read first after a crash', () => {
    const sent = entry({ state: 'sent', deadlineAt: NOW, note: { inFlight: true } });
    const after = play(sent, DUE);
    expect([after.state, after.does]).toEqual(['in-doubt', ['read']]);
  });

  it('row 10: evidence of the wanted value ends the doubt with no second write', () => {
    const doubtful = entry({ state: 'in-doubt', acceptedAt: undefined });
    for (const evidence of [told(W), read(W)]) {
      const after = play(doubtful, evidence);
      expect([after.state, after.does.includes('patch')]).toEqual(['visible', false]);
    }
  });

  it('row 11: a read after settleMs that shows anything else sends it again while attempts last', () => {
    const doubtful = entry({
      state: 'in-doubt',
      acceptedAt: undefined,
      sentAt: NOW - settleMs,
    });
    for (const digest of [B, F, O, null]) {
      const after = play(doubtful, read(digest));
      expect([after.state, after.does]).toEqual(['planned', ['patch']]);
    }
    const spent = entry({ ...doubtful, note: { doubts: 8 } });
    expect(play(spent, read(B)).state).toBe('failed');
  });

  it('row 11: is read once more before it is given up, however long it had to wait for that', () => {
    const now = NOW + 2 * lateMs;
    const waited = entry({ state: 'in-doubt', acceptedAt: undefined, deadlineAt: now });
    const asked = play(waited, DUE, { now });
    expect([asked.state, asked.does]).toEqual(['in-doubt', ['read']]);
    const missing = play(asked.entry, read(B, { startedAt: now }), { now });
    expect([missing.state, missing.does]).toEqual(['planned', ['patch']]);
    const unread = play(asked.entry, NO_READ, { now });
    expect([unread.state, unread.memory.reason]).toEqual(['unverified', 'no read could be made']);
    expect(play(asked.entry, DUE, { now: now + settleMs }).state).toBe('unverified');
  });

  it('row 11: a read that was begun too early decides nothing', () => {
    const doubtful = entry({ state: 'in-doubt', acceptedAt: undefined, sentAt: NOW - 100 });
    const after = play(doubtful, read(B));
    expect([after.state, after.does]).toEqual(['in-doubt', []]);
  });
});

describe('reduce: proving', () => {
  const accepted = (note: ProofMemory = {}, more: Partial<Given> = {}): AttributeEntry =>
    entry({ state: 'accepted', deadlineAt: NOW, ...more, note: { covered: true, ...note } });
  const judged = { now: NOW + proveMs };

  it('row 12: evidence of the wanted value applies it and measures how long that took', () => {
    const after = play(accepted(), told(W));
    expect(after.does).toEqual(['feed:applied', 'feed:visible']);
    expect((after.entry.provedAt ?? 0) - (after.entry.sentAt ?? 0)).toBe(1000);
  });

  it('row 12: a read that was begun before the acknowledgement proves nothing', () => {
    const after = play(accepted(), read(W, { startedAt: NOW - 600 }));
    expect([after.state, after.does]).toEqual(['accepted', ['count:stale']]);
  });

  it('row 13: an older value before the deadline only means not yet', () => {
    for (const evidence of [told(B), told(O), read(B), read(O), read(null)]) {
      const after = play(accepted(), evidence);
      expect([after.state, after.does]).toEqual(['accepted', []]);
    }
  });

  it('row 13: reads after 0.25, 0.5, 1 and 2 s where no topic covers the conversation', () => {
    let key = play(
      entry({ state: 'sent', note: { inFlight: true } }),
      answer({ kind: 'accepted' }),
    ).entry;
    const reads: number[] = [];
    while (key.deadlineAt !== undefined && key.deadlineAt < NOW + proveMs) {
      const now = key.deadlineAt;
      const due = play(key, DUE, { now });
      expect(due.does).toEqual(['read']);
      reads.push(now - NOW);
      key = play(due.entry, read(B, { startedAt: now }), { now }).entry;
    }
    expect(reads).toEqual([250, 750, 1750, 3750]);
    expect(key.deadlineAt).toBe(NOW + proveMs);
  });

  it('row 14: on the customer of a live conversation with no older flow it is visible at once', () => {
    expect(play(accepted(), read(W)).state).toBe('visible');
    expect(play(accepted({ flow: 'newer' }), read(W)).state).toBe('visible');
  });

  it('row 14: on a participant that Architect does not read, applied is the last word', () => {
    const after = play(accepted({ aside: true }), read(W));
    expect([after.state, after.memory.final]).toEqual(['applied', true]);
  });

  it('row 15: holds it while a voice flow that began before the write runs, and reads after its end', () => {
    const held = play(accepted({ flow: 'older' }), told(W));
    expect([held.state, held.does]).toEqual(['applied', ['feed:applied']]);
    const over = play(held.entry, { kind: 'flow-ended', at: EVENT + 20 });
    expect([over.state, over.dueIn]).toEqual(['applied', settleMs]);
    expect(play(over.entry, DUE, { now: NOW + settleMs }).does).toEqual(['read']);
  });

  it('row 15: a flow that runs longer than lateMs leaves the verdict at applied', () => {
    const held = play(accepted({ flow: 'older' }), told(W)).entry;
    const after = play(held, DUE, { now: NOW + lateMs });
    expect([after.state, after.memory.final]).toEqual(['applied', true]);
    expect(after.memory.reason).toMatch(/still running/);
  });

  it('row 16: the wanted value after the flow has ended and settled is visible', () => {
    const over = entry({ state: 'applied', seen: W, note: { flowEndedAt: NOW, reads: 1 } });
    const after = play(over, read(W, { startedAt: NOW + settleMs }), { now: NOW + settleMs });
    expect([after.state, after.does]).toEqual(['visible', ['feed:visible']]);
    expect(play(over, read(B), { now: NOW + settleMs }).state).toBe('overwritten');
  });

  it('row 15: holds it until the last of several flows that began before the write has ended', () => {
    const both = play(play(accepted(), started('a')).entry, started('b')).entry;
    const held = play(both, told(W));
    expect(held.state).toBe('applied');
    const one = play(held.entry, ended('b'));
    expect([one.state, one.dueIn]).toEqual([held.state, held.dueIn]);
    const none = play(one.entry, ended('a'));
    expect([none.state, none.dueIn]).toEqual(['applied', settleMs]);
    expect(play(both, ended('another')).does).toEqual(['count:ignored']);
  });

  it('row 16: what shows while an ended flow may still write is read once it has settled', () => {
    const running = play(accepted(), { kind: 'flow-started', flowId: 'a', older: true }).entry;
    const over = play(running, { kind: 'flow-ended', flowId: 'a' }).entry;
    const shown = play(over, untimed(W));
    expect([shown.state, shown.dueIn]).toEqual(['applied', settleMs]);
    const asked = play(shown.entry, DUE, { now: NOW + settleMs });
    expect(asked.does).toEqual(['read']);
    const later = { now: NOW + settleMs };
    expect(play(asked.entry, read(W, { startedAt: NOW + settleMs }), later).state).toBe('visible');
    expect(play(asked.entry, read(O, { startedAt: NOW + settleMs }), later).state).toBe(
      'overwritten',
    );
  });

  it('row 17: does not write against a foreign value while ours may be under way; one read decides', () => {
    const contested = play(accepted(), told(F));
    expect([contested.state, contested.dueIn, contested.does]).toEqual(['accepted', settleMs, []]);
    const asked = play(contested.entry, DUE, { now: NOW + settleMs });
    expect(asked.does).toEqual(['read']);
    const late = { startedAt: NOW + settleMs };
    expect(play(asked.entry, read(W, late)).state).toBe('visible');
    expect(play(asked.entry, read(F, late)).state).toBe('overwritten');
  });

  it('row 18: an old value or none at the deadline is ignored, and watched until lateMs', () => {
    for (const digest of [B, null]) {
      const asked = play(accepted(), DUE, judged);
      expect(asked.does).toEqual(['read']);
      const after = play(asked.entry, read(digest, { startedAt: judged.now }), judged);
      expect([after.state, after.does]).toEqual(['ignored', ['feed:ignored']]);
      expect(after.dueIn).toBe(lateMs - 500);
    }
  });

  it('row 18: what an earlier read showed decides when the last one cannot be made', () => {
    const after = play(accepted({ readMissed: true, judging: true }), NO_READ, judged);
    expect(after.state).toBe('ignored');
  });

  it('row 19: with no read at all it is unverified, and the reason is kept', () => {
    const asked = play(accepted(), DUE, judged);
    const after = play(asked.entry, NO_READ, judged);
    expect([after.state, after.memory.reason]).toEqual(['unverified', 'budget']);
    expect(after.dueIn).toBe(lateMs - 500);
  });

  it('row 20: the wanted value on another participant of ours is the wrong participant', () => {
    const asked = play(accepted(), DUE, judged);
    const elsewhere = read(null, { startedAt: judged.now, elsewhere: true });
    const after = play(asked.entry, elsewhere, judged);
    expect([after.state, after.does]).toEqual([
      'wrong-participant',
      ['feed:wrong-participant', 'resolve'],
    ]);
  });

  it('row 21: the wanted value before lateMs is late, and says by how much', () => {
    for (const state of ['ignored', 'unverified'] as const) {
      const after = play(entry({ state }), told(W), { now: NOW + 20_000 });
      expect([after.state, after.memory.lateMs]).toEqual(['visible', 20_000 + 500 - proveMs]);
    }
  });

  it('row 22: after lateMs the verdict is final, whatever comes', () => {
    for (const state of ['ignored', 'unverified'] as const) {
      const now = NOW + lateMs;
      const final = play(entry({ state, deadlineAt: NOW, note: { covered: true } }), DUE, { now });
      expect([final.state, final.memory.final, final.dueIn]).toEqual([state, true, undefined]);
      expect(play(final.entry, told(W), { now }).state).toBe(state);
    }
  });

  it('row 22: looks once more first where no topic would have told', () => {
    const now = NOW + lateMs;
    const asked = play(entry({ state: 'ignored', deadlineAt: NOW }), DUE, { now });
    expect(asked.does).toEqual(['read']);
    expect(play(asked.entry, read(W, { startedAt: now }), { now }).state).toBe('visible');
    expect(play(asked.entry, read(B, { startedAt: now }), { now }).memory.final).toBe(true);
  });
});

describe('reduce: guarding', () => {
  it('row 23: our own echo is no event, no row and no write', () => {
    for (const echo of [told(W), untimed(W), read(W)]) {
      const after = play(visible(), echo);
      expect([after.state, after.dueIn, after.does]).toEqual([
        'visible',
        undefined,
        ['count:echo'],
      ]);
    }
  });

  it('row 24: a late echo of our earlier write is dropped, but a read of it is believed', () => {
    expect(play(visible(), told(O, EVENT - 10)).does).toEqual(['count:stale']);
    expect(play(visible(), read(O)).state).toBe('overwritten');
  });

  it('row 24: an older value of ours without a time may be a flow’s copy, and is looked into', () => {
    const after = play(visible(), untimed(O));
    expect([after.state, after.dueIn, after.does]).toEqual(['visible', 0, []]);
    const asked = play(after.entry, DUE);
    expect(asked.does).toEqual(['read']);
    expect(play(asked.entry, read(O)).state).toBe('overwritten');
    expect(play(asked.entry, read(W)).state).toBe('visible');
  });

  it('row 25: another value after ours is overwritten: fed, reported and audited', () => {
    for (const evidence of [told(F), read(F), read(null)]) {
      const after = play(visible(), evidence);
      expect([after.state, after.memory.by]).toEqual(['overwritten', 'unknown']);
      expect(after.does).toEqual([
        'feed:overwritten',
        'outbox:overwritten',
        'audit:overwritten',
        'alert:overwritten',
      ]);
    }
    expect(play(visible(), told(F, EVENT - 10)).state).toBe('visible');
  });

  it('row 25: it was the flow when the old value is back, or within 5 s after a flow ended', () => {
    expect(play(visible(), read(B)).memory.by).toBe('flow');
    const after = visible({ note: { flowEndedAt: NOW - 4000, flowEndedEventAt: EVENT } });
    expect(play(after, read(F)).memory.by).toBe('flow');
    expect(play(after, told(F, EVENT + 4000)).memory.by).toBe('flow');
    expect(play(after, told(F, EVENT + 6000)).memory.by).toBe('unknown');
    expect(play(visible(), { ...read(F), by: 'agent' }).memory.by).toBe('agent');
  });

  it('row 25: evidence that cannot be placed in time is looked into before it is believed', () => {
    for (const evidence of [untimed(F), told(F, EVENT), told(O, EVENT)]) {
      const after = play(visible(), evidence);
      expect([after.state, after.does]).toEqual(['visible', []]);
      const asked = play(after.entry, DUE);
      expect(asked.does).toEqual(['read']);
      expect(play(asked.entry, read(W)).state).toBe('visible');
      expect(play(asked.entry, read(F)).state).toBe('overwritten');
    }
  });

  it('row 26: by policy ours it is planned again after the gap: 1 s, then 4 s', () => {
    const first = play(visible(), read(F), policy('ours', 'ours'));
    expect([first.state, first.dueIn]).toEqual(['overwritten', 1000]);
    const again = play(first.entry, DUE, { now: NOW + 1000, ...policy('ours', 'ours') });
    expect([again.state, again.entry.rewrites]).toEqual(['planned', 1]);
    expect(again.does).toContain('patch');
    const second = play(visible({ rewrites: 1 }), read(F), policy('ours', 'ours'));
    expect(second.dueIn).toBe(4000);
  });

  it('row 26: after a flow ended it first waits until all its keys have landed', () => {
    const over = visible({ note: { flowEndedAt: NOW } });
    expect(play(over, read(B)).dueIn).toBe(settleMs);
    const running = play(visible({ note: { flow: 'newer', flows: 'newer:f' } }), read(B));
    expect(running.dueIn).toBe(lateMs);
    const settling = play(running.entry, ended('f'));
    expect(settling.dueIn).toBe(settleMs);
  });

  it('row 27: with the rewrites spent it alerts once, and never again in this conversation', () => {
    const spent = play(visible({ rewrites: 2 }), read(F), policy('ours', 'ours'));
    expect([spent.state, spent.dueIn]).toEqual(['overwritten', undefined]);
    expect(spent.does).toContain('alert:rewrites-spent');
    const restored = play(spent.entry, read(W));
    const again = play(restored.entry, read(F), policy('ours', 'ours'));
    expect(again.does.filter((done) => done.startsWith('alert'))).toEqual([]);
  });

  it('row 28: by policy theirs it yields, and only a request writes it again', () => {
    const after = play(visible(), read(F), policy('ours', 'theirs'));
    expect([after.state, after.entry.wanted]).toEqual(['yielded', F]);
    expect(play(after.entry, wanting({ asked: false })).state).toBe('yielded');
    expect(play(after.entry, wanting({ asked: true })).does).toEqual(['patch']);
    const restored = told(W, EVENT + 20);
    expect(play(after.entry, restored).state).toBe('yielded');
    const ordered = play(play(after.entry, told(F, EVENT + 10)).entry, restored);
    expect(ordered.state).toBe('visible');
  });

  it('row 28: what it yielded to stays theirs where that is an older value of ours, seen twice', () => {
    const late = visible({ wanted: W, own: [O] });
    const yielded = play(late, read(O), policy('ours', 'theirs'));
    expect([yielded.state, yielded.entry.wanted]).toEqual(['yielded', O]);
    expect(play(yielded.entry, read(O)).entry).toEqual(yielded.entry);
  });

  it('row 29: by policy alert it stands as it is until a request sets it again', () => {
    const after = play(visible(), read(F), policy('alert', 'alert'));
    expect([after.state, after.dueIn]).toEqual(['overwritten', undefined]);
    expect(after.does).toContain('alert:overwritten');
    expect(play(after.entry, wanting()).does).toEqual(['patch']);
  });

  it('row 30: it is visible again when someone restores it', () => {
    const overwritten = { state: 'overwritten', seen: F, deadlineAt: NOW + 1000 } as const;
    const ordered = play(entry({ ...overwritten, seenAt: EVENT - 10 }), told(W));
    expect([ordered.state, ordered.dueIn]).toEqual(['visible', undefined]);
    expect(play(entry(overwritten), read(W)).state).toBe('visible');
  });

  it('row 30: an echo that cannot be placed after the other value is looked into first', () => {
    const overwritten = entry({ state: 'overwritten', seen: F, note: { by: 'unknown' } });
    for (const echo of [untimed(W), told(W)]) {
      const after = play(overwritten, echo);
      expect([after.state, after.dueIn, after.does]).toEqual(['overwritten', 0, []]);
      const asked = play(after.entry, DUE);
      expect(asked.does).toEqual(['read']);
      expect(play(asked.entry, read(W)).state).toBe('visible');
      const theirs = play(asked.entry, read(F));
      expect([theirs.state, theirs.dueIn, theirs.does]).toEqual(['overwritten', undefined, []]);
      const ours = play(asked.entry, read(F), policy('ours', 'ours'));
      expect([ours.state, ours.dueIn]).toEqual(['overwritten', 1000]);
    }
  });

  it('row 31: follows the customer to another participant, from planned to visible', () => {
    for (const state of [
      'planned',
      'sent',
      'in-doubt',
      'accepted',
      'applied',
      'visible',
    ] as const) {
      const after = play(entry({ state, wipe: true }), { kind: 'customer-changed', to: OTHER });
      expect([state, after.state, after.does.at(-1)]).toEqual([
        state,
        'superseded',
        `move:${OTHER}`,
      ]);
      expect(play(after.entry, LEFT).state).toBe('wiping');
    }
  });
});

describe('reduce: ending and wiping', () => {
  it('row 32: a planned key is never sent once the conversation has ended', () => {
    const after = play(entry({ state: 'planned', writes: 0 }), ENDED);
    expect([after.state, after.memory.reason, after.does]).toEqual([
      'ended',
      'ended',
      ['feed:ended'],
    ]);
    expect(play(after.entry, { kind: 'leave' }).state).toBe('ended');
  });

  it('row 33: a write under way gets one last read at the end', () => {
    for (const state of ['sent', 'in-doubt', 'accepted', 'applied'] as const) {
      const asked = play(play(entry({ state }), ENDED).entry, DUE);
      expect([state, asked.does]).toEqual([state, ['read']]);
      const late = play(asked.entry, read(W));
      expect([late.state, late.memory.atEnd]).toEqual(['applied', true]);
      expect(play(late.entry, read(F)).does).toEqual(['count:ignored']);
      const lost = play(asked.entry, NO_READ);
      expect([lost.state, lost.memory.reason]).toEqual(['unverified', 'ended']);
    }
    const asked = play(play(entry({ state: 'accepted' }), ENDED).entry, DUE);
    const other = play(asked.entry, read(B));
    expect([other.state, other.memory.reason]).toEqual(['unverified', 'ended']);
  });

  it('row 34: a doubt that is open at the end is looked into before the guard goes off', () => {
    const doubted = visible({ note: { suspect: true } });
    const asked = play(play(doubted, ENDED).entry, DUE);
    expect([asked.state, asked.does]).toEqual(['visible', ['read']]);
    const kept = play(asked.entry, read(W));
    expect([kept.state, kept.memory.was]).toEqual(['closed', 'visible']);
    const lost = play(asked.entry, read(F));
    expect([lost.state, lost.memory.was, lost.dueIn]).toEqual(['closed', 'overwritten', undefined]);
    expect(lost.does).toContain('outbox:overwritten');
    const unread = play(asked.entry, NO_READ);
    expect([unread.state, unread.memory.reason]).toEqual(['unverified', 'ended']);
  });

  it('row 34: what may only have been missed is looked into too, and blamed on nobody', () => {
    const doubted = play(visible(), { kind: 'unheard' });
    expect([doubted.state, doubted.dueIn]).toEqual(['visible', 0]);
    const open = play(play(doubted.entry, ENDED).entry, read(F));
    expect([open.state, open.memory.reason]).toEqual(['unverified', 'ended']);
    const heard = play(play(play(doubted.entry, untimed(F)).entry, ENDED).entry, read(F));
    expect(heard.memory.was).toBe('overwritten');
  });

  it('row 34: the guard is off at the end', () => {
    for (const state of ['visible', 'yielded', 'overwritten'] as const) {
      const after = play(entry({ state }), ENDED);
      expect([after.state, after.memory.was]).toEqual(['closed', state]);
      expect(play(after.entry, told(F)).does).toEqual(['count:ignored']);
    }
  });

  it('row 35: a written key that is marked is emptied when the customer leaves or the conversation ends', () => {
    const states = ['accepted', 'visible', 'ignored', 'refused', 'superseded', 'failed'] as const;
    for (const state of states) {
      for (const event of [LEFT, ENDED]) {
        const after = play(entry({ state, wipe: true }), event);
        expect([after.state, after.entry.wanted, after.does.at(-1)]).toEqual([
          'wiping',
          BLANK,
          'patch',
        ]);
      }
    }
    expect(play(entry({ state: 'visible', wipe: true, writes: 0 }), LEFT).state).toBe('visible');
    expect(play(visible(), LEFT).state).toBe('visible');
  });

  it('row 36: is wiped when a read or an event shows it empty or absent after the 2xx', () => {
    const sent = wiping({ note: { inFlight: true, wipeAcked: false } });
    const acked = play(sent, answer({ kind: 'accepted' }));
    expect([acked.state, acked.dueIn]).toEqual(['wiping', 1000]);
    for (const evidence of [told(BLANK), read(BLANK), read(null)]) {
      const after = play(acked.entry, evidence);
      expect([after.state, after.does]).toEqual([
        'wiped',
        ['feed:wiped', 'audit:wiped', 'outbox:wiped'],
      ]);
    }
  });

  it('row 37: reads at 1, 5 and 30 s while ours is still there', () => {
    let key = wiping({ acceptedAt: NOW, deadlineAt: NOW + 1000 });
    const reads: number[] = [];
    for (let look = 0; look < 3; look++) {
      const now = key.deadlineAt ?? 0;
      const due = play(key, DUE, { now });
      expect(due.does).toEqual(['read']);
      reads.push(now - NOW);
      const after = play(due.entry, read(look === 0 ? W : O, { startedAt: now }), { now });
      expect(after.state).toBe('wiping');
      key = after.entry;
    }
    expect(reads).toEqual([1000, 5000, 30_000]);
  });

  it('row 38: somebody else’s value stays, with an alert', () => {
    const after = play(wiping(), read(F));
    expect([after.state, after.memory.theirs]).toEqual(['wiped', true]);
    expect(after.does).toContain('alert:theirs-remains');
  });

  it('row 39: a wipe that is refused, finds no participant or takes 10 minutes has failed', () => {
    const sent = wiping({ note: { inFlight: true, wipeAcked: false } });
    const refused = answer({ kind: 'refused', code: 'bad.request', reason: 'no' });
    for (const event of [refused, answer({ kind: 'no-participant' })]) {
      const after = play(sent, event);
      expect(after.state).toBe('wipe-failed');
      expect(after.does).toContain('outbox:wipe-failed');
      expect(after.does).toContain('alert:wipe-failed');
    }
    expect(play(wiping(), DUE, { now: NOW + 600_000 }).state).toBe('wipe-failed');
    expect(play(sent, answer({ kind: 'no-conversation' })).state).toBe('wiped');
  });

  it('row 40: what is being wiped or was is not wanted again and not restored', () => {
    for (const state of ['wiping', 'wiped'] as const) {
      const after = play(wiping({ state }), wanting({ digest: 'newer' }));
      expect([after.state, after.entry.wanted, after.does]).toEqual([
        state,
        BLANK,
        ['count:refused-ended'],
      ]);
    }
    expect(play(wiping({ state: 'wiped' }), read(F)).does).toEqual(['count:ignored']);
  });

  it('row 41: a duplicate, something older, and an answer to another write are only counted', () => {
    const key = visible();
    expect(play(key, told(F, EVENT - 1)).does).toEqual(['count:stale']);
    expect(play(key, told(W, EVENT)).does).toEqual(['count:stale']);
    expect(play(key, answer({ kind: 'accepted' }, 7)).does).toEqual(['count:stale']);
    expect(play(key, answer({ kind: 'accepted' }, 2)).entry).toEqual(key);
  });
});
