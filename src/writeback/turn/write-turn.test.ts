import { describe, expect, it } from 'vitest';
import { parseParticipantId } from '../../domain/ids.ts';
import { CONVERSATION, CUSTOMER } from './fake-platform.fixture.ts';
import type { WantedValue } from './input.ts';
import { Rig } from './rig.fixture.ts';

describe('writeTurn', () => {
  it('writes every wanted key in one PATCH and is proved by the event, with no read', async () => {
    const rig = new Rig();
    rig.listen();
    const result = await rig.enrich({ 'crm.tier': 'gold', 'crm.id': 'C1' });
    expect(result.keyVerdicts.map((verdict) => verdict.state)).toEqual(['accepted', 'accepted']);
    await rig.live(10_000);
    expect(rig.platform.log).toEqual(['patchAttributes live']);
    expect(rig.entries.map((entry) => entry.state)).toEqual(['visible', 'visible']);
    expect(rig.messages.map((message) => [message.type, message.keys.length])).toEqual([
      ['enriched', 2],
    ]);
    expect(rig.dueAt).toBeUndefined();
  });

  it('is proved by an event that comes before its own answer', async () => {
    const rig = new Rig();
    rig.listen();
    rig.platform.lagMs = 0;
    rig.platform.answerMs = 50;
    const result = await rig.enrich({ 'crm.tier': 'gold' });
    expect(result.keyVerdicts[0]?.state).toBe('visible');
    expect(rig.platform.log).toEqual(['patchAttributes live']);
  });

  it('is proved by reading back where no topic covers the conversation', async () => {
    const rig = new Rig();
    rig.covered = false;
    await rig.enrich({ 'crm.tier': 'gold' });
    await rig.live(10_000);
    expect(rig.state('crm.tier')).toBe('visible');
    expect(rig.platform.log).toEqual([
      'patchAttributes live',
      'getConversation verify',
      'getConversation verify',
    ]);
  });

  it('waits for the proof itself when it is told to, and counts proof reads apart', async () => {
    const rig = new Rig({ waitMs: 4000 });
    rig.covered = false;
    const result = await rig.enrich({ 'crm.tier': 'gold' });
    expect(result.keyVerdicts[0]).toMatchObject({ state: 'visible', key: 'crm.tier' });
    expect([result.platformRequests, result.proofRequests]).toEqual([1, 2]);
  });

  it('writes nothing when the conversation shows that all of it is there', async () => {
    const rig = new Rig();
    rig.platform.set(CUSTOMER, 'crm.tier', 'gold');
    const conversation = rig.platform.conversation();
    const sight = { source: 'read', startedAt: rig.clock.wallMs() } as const;
    const result = await rig.enrich({ 'crm.tier': 'gold' }, { seen: { conversation, sight } });
    expect(rig.platform.log).toEqual([]);
    expect(result.keyVerdicts[0]?.state).toBe('visible');
  });

  it('writes what an old snapshot shows to be there: somebody may have written since', async () => {
    const rig = new Rig();
    rig.listen();
    rig.platform.set(CUSTOMER, 'crm.tier', 'gold');
    const conversation = rig.platform.conversation();
    rig.platform.set(CUSTOMER, 'crm.tier', 'theirs');
    const sight = { source: 'event', at: undefined, old: true } as const;
    await rig.enrich({ 'crm.tier': 'gold' }, { seen: { conversation, sight } });
    await rig.live(1000);
    expect(rig.state('crm.tier')).toBe('visible');
    expect(rig.platform.valueOf('crm.tier')).toBe('gold');
    expect(rig.platform.log).toEqual(['patchAttributes live']);
  });

  it('repeating an enrichment changes nothing', async () => {
    const rig = new Rig();
    rig.listen();
    await rig.enrich({ 'crm.tier': 'gold' });
    await rig.live(1000);
    await rig.enrich({ 'crm.tier': 'gold' });
    await rig.live(10_000);
    expect(rig.platform.patches.length).toBe(1);
  });

  it('says ignored, with advice, when an accepted write never shows', async () => {
    const rig = new Rig();
    rig.covered = false;
    rig.platform.fates.push('dropped');
    await rig.enrich({ 'crm.tier': 'gold' });
    await rig.live(6000);
    expect(rig.state('crm.tier')).toBe('ignored');
    expect(rig.messages[0]?.keys[0]?.advice).toMatch(/accepted the write, yet/);
    await rig.live(120_000);
    expect(rig.state('crm.tier')).toBe('ignored');
    expect(rig.dueAt).toBeUndefined();
    expect(rig.messages.length).toBe(1);
  });

  it('says late, and corrects what it told, when a write shows after its deadline', async () => {
    const rig = new Rig();
    rig.covered = false;
    rig.platform.lagMs = 20_000;
    await rig.enrich({ 'crm.tier': 'gold' });
    await rig.live(120_000);
    expect(rig.state('crm.tier')).toBe('visible');
    expect(rig.messages.map((one) => [one.keys[0]?.state, one.isCorrection])).toEqual([
      ['ignored', false],
      ['visible', true],
    ]);
    expect(rig.messages[1]?.keys[0]?.advice).toMatch(/ms later than it should/);
  });

  it('says unverified when no read can be made', async () => {
    const rig = new Rig();
    rig.covered = false;
    rig.platform.readFailures.push(...Array.from({ length: 20 }, () => true));
    await rig.enrich({ 'crm.tier': 'gold' });
    await rig.live(120_000);
    expect(rig.state('crm.tier')).toBe('unverified');
  });

  it('does not write again what was taken though its answer was lost', async () => {
    const rig = new Rig();
    rig.platform.fates.push('taken-unheard');
    await rig.enrich({ 'crm.tier': 'gold' });
    await rig.live(10_000);
    expect(rig.state('crm.tier')).toBe('visible');
    expect(rig.platform.log).toEqual(['patchAttributes live', 'getConversation verify']);
  });

  it('settles with a write in doubt, and comes back when the doubt can be ended', async () => {
    const rig = new Rig();
    rig.platform.fates.push('lost');
    const from = rig.clock.wallMs();
    const result = await rig.enrich({ 'crm.tier': 'gold' });
    expect(result.keyVerdicts[0]?.state).toBe('in-doubt');
    expect(rig.clock.wallMs() - from).toBeLessThan(100);
    expect(rig.dueAt).toBe(from + rig.platform.latencyMs + rig.config.settleMs);
  });

  it('writes again what a read shows to be missing after a conflict', async () => {
    const rig = new Rig();
    rig.listen();
    rig.platform.fates.push({ status: 409, code: 'request.conflict' });
    await rig.enrich({ 'crm.tier': 'gold' });
    await rig.live(10_000);
    expect(rig.platform.log).toEqual([
      'patchAttributes live',
      'getConversation verify',
      'patchAttributes guard',
    ]);
    expect(rig.state('crm.tier')).toBe('visible');
    expect(rig.platform.valueOf('crm.tier')).toBe('gold');
  });

  it('stops after a conflict when the conversation has ended', async () => {
    const rig = new Rig();
    rig.platform.fates.push({ status: 409, code: 'request.conflict' });
    rig.platform.ended = true;
    await rig.enrich({ 'crm.tier': 'gold' });
    await rig.live(10_000);
    expect(rig.last?.ended).toBe(true);
    expect(rig.platform.patches.length).toBe(1);
    expect(rig.state('crm.tier')).toBe('ended');
  });

  it('keeps back a write that waited for room until the conversation had ended', async () => {
    const rig = new Rig();
    rig.listen();
    rig.platform.roomAfterMs = 5000;
    rig.clock.timer(1000, () => {
      rig.platform.ended = true;
      rig.tell({ kind: 'ended', conversationId: CONVERSATION, eventAt: undefined });
    });
    const result = await rig.enrich({
      'crm.tier': 'gold',
      'crm.phone': { value: '+1555', class: 'personal', wipe: true },
    });
    expect(result.keyVerdicts.map(({ state }) => state)).toEqual(['ended', 'ended']);
    await rig.live(60_000);
    expect(rig.platform.patches).toEqual([]);
  });

  it('never writes to a conversation that has ended, and says so', async () => {
    const rig = new Rig();
    rig.platform.ended = true;
    const conversation = rig.platform.conversation();
    const sight = { source: 'read', startedAt: rig.clock.wallMs() } as const;
    const result = await rig.enrich({ 'crm.tier': 'gold' }, { seen: { conversation, sight } });
    expect(rig.platform.patches).toEqual([]);
    expect(result.keyVerdicts[0]).toMatchObject({ state: 'ended' });
    expect(result.keyVerdicts[0]?.advice).toMatch(/had ended, so nothing was written/);
  });

  it('says the same of a key that was written before the end', async () => {
    const rig = new Rig();
    rig.listen();
    await rig.enrich({ 'crm.tier': 'gold' });
    await rig.live(1000);
    const result = await rig.enrich({ 'crm.tier': 'silver' }, { ended: true });
    expect(result.keyVerdicts[0]?.state).toBe('ended');
    expect(rig.platform.patches.length).toBe(1);
  });

  it('keeps a refusal with the platform’s code and the next step', async () => {
    const rig = new Rig();
    rig.platform.fates.push({ status: 403, code: 'missing.permissions' });
    const result = await rig.enrich({ 'crm.tier': 'gold' });
    expect(result.keyVerdicts[0]?.state).toBe('refused');
    expect(result.keyVerdicts[0]?.advice).toMatch(/missing\.permissions.*scope conversations/);
    expect(rig.dueAt).toBeUndefined();
  });

  it('finds the customer again when the participant is gone, and writes there', async () => {
    const rig = new Rig();
    rig.listen();
    const next = parseParticipantId('customer-2');
    rig.platform.store.delete(CUSTOMER);
    rig.platform.join(next, 'customer');
    await rig.enrich({ 'crm.tier': 'gold' });
    await rig.live(5000);
    expect(rig.platform.valueOf('crm.tier', next)).toBe('gold');
    expect(rig.entry('crm.tier')?.state).toBe('superseded');
    expect(rig.entry('crm.tier', next)?.state).toBe('visible');
  });

  it('follows the customer to another participant', async () => {
    const rig = new Rig();
    rig.listen();
    await rig.enrich({ 'crm.tier': 'gold' });
    await rig.live(1000);
    const next = parseParticipantId('customer-2');
    rig.platform.join(next, 'customer');
    rig.customerId = next;
    await rig.turn();
    await rig.live(5000);
    expect(rig.platform.valueOf('crm.tier', next)).toBe('gold');
    expect(rig.entry('crm.tier', next)?.state).toBe('visible');
  });

  it('looks before it writes when an earlier turn may have written', async () => {
    const rig = new Rig();
    rig.platform.lagMs = 1500;
    // The earlier turn sent it and died; the platform applies it a moment later.
    const earlier = rig.platform.patchAttributes(
      { participantId: CUSTOMER },
      new Map([['crm.tier', 'gold']]),
      { signal: new AbortController().signal, lane: 'live' },
    );
    const result = await rig.enrich(
      { 'crm.tier': 'gold' },
      { lookFirst: { earlierTurnAt: rig.clock.wallMs() } },
    );
    await earlier;
    expect(rig.platform.patches.length).toBe(1);
    expect(result.keyVerdicts[0]?.state).toBe('visible');
    expect(rig.entry('crm.tier')?.writes).toBe(1);
  });

  it('looks at secure attributes too before it writes them again', async () => {
    const rig = new Rig();
    rig.platform.secure.set('crm.pin', '1234');
    const pin: WantedValue = { value: '1234', class: 'secret', wipe: false };
    await rig.enrich({ 'crm.pin': pin }, { lookFirst: { earlierTurnAt: 0 } });
    expect(rig.state('crm.pin')).toBe('visible');
    expect(rig.platform.log).toEqual(['getConversation live', 'getSecureAttributes verify']);
  });

  it('sends nothing once the lease is not sure', async () => {
    const rig = new Rig();
    rig.held = false;
    await expect(rig.enrich({ 'crm.tier': 'gold' })).rejects.toThrow('the lease is lost');
    expect(rig.platform.log).toEqual([]);
  });

  it('writes again what a flow overwrote, after the flow has ended and settled', async () => {
    const rig = new Rig();
    rig.listen();
    await rig.enrich({ 'crm.tier': 'gold' });
    await rig.live(1000);
    rig.observe({
      kind: 'flow-ended',
      conversationId: rig.platform.conversation().id,
      eventAt: rig.clock.wallMs() + rig.platform.skewMs,
      flowId: 'flow-1',
      flowType: 'INBOUNDCALL',
    });
    await rig.live(500);
    rig.platform.set(CUSTOMER, 'crm.tier', 'from the flow');
    expect(rig.state('crm.tier')).toBe('overwritten');
    await rig.live(10_000);
    expect(rig.platform.valueOf('crm.tier')).toBe('gold');
    expect(rig.state('crm.tier')).toBe('visible');
    expect(rig.messages.map((message) => message.type)).toEqual(['enriched', 'overwritten']);
    expect(rig.platform.log.at(-1)).toBe('patchAttributes guard');
  });

  it('asks for the value again when only its digest is known', async () => {
    const rig = new Rig({ onOverwrite: { byFlow: 'ours', byOthers: 'ours' } });
    rig.listen();
    await rig.enrich({ 'crm.tier': 'gold' });
    await rig.live(1000);
    rig.values.forget(rig.entry('crm.tier')?.wanted ?? '');
    rig.platform.set(CUSTOMER, 'crm.tier', 'theirs');
    await rig.clock.advance(1000);
    const stuck = await rig.turn();
    expect(stuck.needsValues).toEqual([{ participantId: CUSTOMER, key: 'crm.tier' }]);
    const wanted = { value: 'gold', class: 'public', wipe: false } as const;
    await rig.turn({
      targets: [{ participantId: CUSTOMER, wanted: new Map([['crm.tier', wanted]]) }],
      forgoUnknown: true,
    });
    await rig.live(5000);
    expect(rig.platform.valueOf('crm.tier')).toBe('gold');
  });

  it('empties marked keys when the conversation ends, proves it, and forgets the values', async () => {
    const rig = new Rig();
    rig.listen();
    const personal = { value: 'vegan', class: 'personal', wipe: true } as const;
    await rig.enrich({ 'crm.tier': 'gold', 'crm.preferences': personal });
    await rig.live(1000);
    const { wanted = '' } = rig.entry('crm.preferences') ?? {};
    rig.platform.ended = true;
    const { id } = rig.platform.conversation();
    const eventAt = rig.clock.wallMs() + rig.platform.skewMs;
    rig.observe({ kind: 'ended', conversationId: id, eventAt });
    await rig.live(5000);
    expect(rig.platform.valueOf('crm.preferences')).toBe('');
    expect(rig.platform.valueOf('crm.tier')).toBe('gold');
    expect(rig.state('crm.preferences')).toBe('wiped');
    expect(rig.state('crm.tier')).toBe('closed');
    expect(rig.messages.at(-1)?.type).toBe('wiped');
    expect(rig.values.get(wanted)).toBeUndefined();
    expect(rig.dueAt).toBeUndefined();
  });

  it('does not repeat what a lost turn wrote over a value that was not proved yet', async () => {
    const rig = new Rig();
    rig.covered = false;
    await rig.enrich({ 'crm.tier': 'gold' });
    const before = rig.entries;
    const earlierTurnAt = rig.clock.wallMs();
    await rig.enrich({ 'crm.tier': 'silver' });
    // Its settle was lost with its process.
    rig.entries = before;
    await rig.clock.advance(5_000);
    const sight = { source: 'read', startedAt: rig.clock.wallMs() } as const;
    const seen = { conversation: rig.platform.conversation(), sight };
    await rig.enrich({ 'crm.tier': 'silver' }, { seen, lookFirst: { earlierTurnAt } });
    await rig.live(60_000);
    expect(rig.platform.patches).toHaveLength(2);
    expect(rig.state('crm.tier')).toBe('visible');
  });

  it.each([
    ['goes on', false, 'overwritten'],
    ['has ended meanwhile', true, 'unverified'],
  ])('tells what only a lost turn heard of, where the conversation %s', async (_, ended, state) => {
    const rig = new Rig();
    rig.listen();
    await rig.enrich({ 'crm.tier': 'gold' });
    await rig.live(1000);
    const before = rig.entries;
    const earlierTurnAt = rig.clock.wallMs();
    rig.platform.set(CUSTOMER, 'crm.tier', 'theirs');
    // It was told to a turn, and the settle was lost with its process.
    rig.entries = before;
    rig.platform.ended = ended;
    await rig.clock.advance(5000);
    await rig.turn({ lookFirst: { earlierTurnAt } });
    expect(rig.state('crm.tier')).toBe(state);
    expect(rig.platform.log).toEqual(['patchAttributes live', 'getConversation live']);
  });

  it.each([
    ['the turn saw the end itself, and wiped', false, true],
    ['the turn saw the end itself, and was lost before', false, false],
    ['an event told of the end, and the turn wiped', true, true],
    ['an event told of the end, and the turn was lost before', true, false],
  ])('looks before it wipes again: %s', async (_, isTold, hasWiped) => {
    const rig = new Rig();
    rig.listen();
    const personal = { value: 'vegan', class: 'personal', wipe: true } as const;
    await rig.enrich({ 'crm.preferences': personal });
    await rig.live(1_000);
    rig.platform.ended = true;
    const { id } = rig.platform.conversation();
    const earlierTurnAt = rig.clock.wallMs();
    if (isTold) rig.observe({ kind: 'ended', conversationId: id, eventAt: earlierTurnAt });
    const before = rig.entries;
    if (hasWiped) await rig.turn({ ended: true });
    // Whatever that turn did, its settle was lost with its process.
    rig.entries = before;
    await rig.turn({ ended: true, lookFirst: { earlierTurnAt } });
    await rig.live(60_000);
    expect(rig.state('crm.preferences')).toBe('wiped');
    expect(rig.platform.valueOf('crm.preferences')).toBe('');
    expect(rig.platform.patches).toHaveLength(2);
  });

  it('removes a key with an empty text', async () => {
    const rig = new Rig();
    rig.listen();
    rig.platform.set(CUSTOMER, 'crm.tier', 'gold');
    await rig.enrich({ 'crm.tier': null });
    await rig.live(1000);
    expect(rig.platform.valueOf('crm.tier')).toBe('');
    expect(rig.state('crm.tier')).toBe('visible');
  });

  it('puts secret values into the secure attributes, and proves them there', async () => {
    const rig = new Rig();
    const secret = { value: '4711', class: 'secret', wipe: false } as const;
    await rig.enrich({ 'crm.pin': secret });
    await rig.live(10_000);
    expect(rig.platform.secure.get('crm.pin')).toBe('4711');
    expect(rig.platform.valueOf('crm.pin')).toBeUndefined();
    expect(rig.state('crm.pin')).toBe('visible');
  });

  it('leaves a secret alone that stands there for the next customer, until that one leaves too', async () => {
    const rig = new Rig();
    const pin = { class: 'secret', wipe: true } as const;
    await rig.enrich({ 'crm.pin': { ...pin, value: '4711' } });
    await rig.live(10_000);
    const next = parseParticipantId('customer-2');
    rig.platform.left.add(CUSTOMER);
    rig.platform.join(next, 'customer');
    rig.customerId = next;
    const left = { kind: 'customer-left', eventAt: undefined } as const;
    rig.tell({ ...left, conversationId: CONVERSATION, participantId: CUSTOMER });
    await rig.enrich({ 'crm.pin': { ...pin, value: '1234' } });
    await rig.live(700_000);
    expect(rig.platform.secure.get('crm.pin')).toBe('1234');
    expect(rig.entry('crm.pin')?.state).toBe('superseded');
    expect(rig.entry('crm.pin', next)?.state).toBe('visible');
    rig.tell({ ...left, conversationId: CONVERSATION, participantId: next });
    await rig.live(10_000);
    expect(rig.platform.secure.get('crm.pin')).toBe('');
  });

  it('blames nobody for a secret of the last customer where the next one’s was lost', async () => {
    const rig = new Rig();
    const pin = { class: 'secret', wipe: false } as const;
    await rig.enrich({ 'crm.pin': { ...pin, value: '4711' } });
    await rig.live(10_000);
    rig.customerId = parseParticipantId('customer-2');
    rig.platform.join(rig.customerId, 'customer');
    await rig.enrich({ 'crm.pin': { ...pin, value: '1234' } });
    rig.platform.secure.set('crm.pin', '4711');
    await rig.live(60_000);
    expect(rig.entry('crm.pin', rig.customerId)?.state).toBe('ignored');
    expect(rig.alerts).toEqual([]);
  });

  it('does not take an echo of its first write for the proof of a rewrite', async () => {
    const rig = new Rig({ onOverwrite: { byFlow: 'ours', byOthers: 'ours' } });
    rig.listen();
    await rig.enrich({ 'crm.tier': 'gold' });
    await rig.live(1000);
    rig.platform.set(CUSTOMER, 'crm.tier', 'theirs');
    rig.platform.fates.push('lost');
    await rig.live(1100);
    expect(rig.state('crm.tier')).toBe('in-doubt');
    rig.tell({
      kind: 'attributes',
      conversationId: CONVERSATION,
      participantId: CUSTOMER,
      eventAt: undefined,
      attributes: new Map([['crm.tier', 'gold']]),
    });
    expect(rig.state('crm.tier')).toBe('in-doubt');
    await rig.live(10_000);
    expect([rig.state('crm.tier'), rig.platform.valueOf('crm.tier')]).toEqual(['visible', 'gold']);
  });

  it('writes several participants with one PATCH each', async () => {
    const rig = new Rig();
    rig.listen();
    const agent = parseParticipantId('agent-1');
    rig.platform.join(agent, 'agent');
    const wanted = new Map([['note', { value: 'x', class: 'public', wipe: false } as const]]);
    await rig.turn({
      asked: true,
      targets: [
        { participantId: CUSTOMER, wanted },
        { participantId: agent, wanted, isChosen: true },
      ],
    });
    await rig.live(5000);
    expect(rig.platform.patches.length).toBe(2);
    expect(rig.entry('note')?.state).toBe('visible');
    expect(rig.entry('note', agent)?.state).toBe('applied');
    expect(rig.messages[0]?.keys[1]?.advice).toMatch(/Architect does not read/);
  });

  it('holds the verdict while a voice flow that began before the write runs', async () => {
    const rig = new Rig();
    rig.listen();
    rig.platform.flowRunning = true;
    const conversation = rig.platform.conversation();
    const sight = { source: 'event', at: undefined } as const;
    await rig.enrich({ 'crm.tier': 'gold' }, { seen: { conversation, sight } });
    await rig.live(4000);
    expect(rig.state('crm.tier')).toBe('applied');
    rig.platform.flowRunning = false;
    const ended = rig.platform.conversation();
    rig.observe({
      kind: 'conversation',
      conversationId: ended.id,
      eventAt: undefined,
      conversation: ended,
    });
    await rig.live(4000);
    expect(rig.state('crm.tier')).toBe('visible');
  });
});
