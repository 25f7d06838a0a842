import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../lib/manual-clock.ts';
import {
  anEntry,
  anOutcome,
  aRequest,
  claimOne,
  conversationId,
  openInMemory,
} from '../ledger.fixture.ts';
import type { Ledger } from '../ledger.ts';
import { onBothStores } from '../stores.fixture.ts';

const id = conversationId('c1');
const clock = new ManualClock();

/** Once its proof is overdue. */
async function takeDue(ledger: Ledger): Promise<void> {
  await clock.advance(5000);
  await claimOne(ledger);
}

/** Two keys that wait for their proof, the second in the order of the store first. */
async function settleTwo(ledger: Ledger): Promise<void> {
  const deadlineAt = ledger.now() + 5000;
  await ledger.accept([aRequest()]);
  const claim = await claimOne(ledger);
  await ledger.settle(claim, {
    outcome: anOutcome(claim),
    entries: [anEntry({ key: 'crm.tier', deadlineAt }), anEntry({ key: 'crm.name', deadlineAt })],
    feed: [{ kind: 'accepted', body: {} }],
    nextDueAt: deadlineAt,
  });
}

describe('what the last turn left', () => {
  let ledger: Ledger;
  beforeEach(async () => {
    ledger = await openInMemory(clock);
    return () => ledger[Symbol.asyncDispose]();
  });

  it('is what the store would tell', async () => {
    await settleTwo(ledger);
    const settled = ledger.lastSettled(id);
    expect(settled?.entries).toHaveLength(2);
    expect(await ledger.find(id)).toMatchObject({ ...settled });
  });

  it('keeps the keys of earlier turns, as the later one left them', async () => {
    await settleTwo(ledger);
    await ledger.accept([aRequest()]);
    const claim = await claimOne(ledger);
    const entries = [anEntry({ key: 'crm.tier', state: 'visible' })];
    await ledger.settle(claim, { outcome: anOutcome(claim), entries });
    const settled = ledger.lastSettled(id);
    expect(settled?.entries.map(({ key, state }) => [key, state])).toEqual([
      ['crm.name', 'accepted'],
      ['crm.tier', 'visible'],
    ]);
    expect(await ledger.find(id)).toMatchObject({ ...settled });
  });

  it('serves to record what was seen since', async () => {
    await settleTwo(ledger);
    const basis = ledger.lastSettled(id);
    if (basis === undefined) throw new Error('it was settled just now');
    const entries = [anEntry({ state: 'visible' })];
    expect(await ledger.observe({ conversationId: id, basis, entries })).toBe('recorded');
    expect((await ledger.find(id))?.entries.map(({ state }) => state)).toEqual([
      'accepted',
      'visible',
    ]);
  });

  it('is forgotten when a request is accepted and claims the conversation at once', async () => {
    await ledger.accept([aRequest()]);
    const claim = await claimOne(ledger);
    await ledger.settle(claim, { outcome: anOutcome(claim) });
    expect(ledger.lastSettled(id)?.phase).toBe('idle');
    await ledger.acceptAndClaim([aRequest()], new Set([id]));
    expect(ledger.lastSettled(id)).toBeUndefined();
  });

  it.each<[string, (ledger: Ledger) => Promise<unknown>]>([
    ['a request is accepted', (one) => one.accept([aRequest()])],
    ['a turn takes the conversation', takeDue],
    ['somebody holds it', (one) => one.hold(id)],
    ['it is woken', (one) => one.wake({ conversationId: id, dueAt: 0 })],
    [
      'a person is erased',
      (one) => one.erase({ actor: 'me', persons: [{ kind: 'phone', value: '+15551230001' }] }),
    ],
  ])('is forgotten when %s', async (_what, happens) => {
    await settleTwo(ledger);
    await happens(ledger);
    expect(ledger.lastSettled(id)).toBeUndefined();
  });
});

onBothStores((openShared) => {
  it('remembers what a turn left only where no other instance can change it', async () => {
    await using shared = await openShared();
    await settleTwo(shared);
    expect(shared.lastSettled(id) !== undefined).toBe(shared.leases === 'process');
  });
});
