import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../lib/manual-clock.ts';
import { anOutcome, aRequest, claimOne, conversationId, openInMemory } from '../ledger.fixture.ts';
import type { Ledger } from '../ledger.ts';
import type { Claim } from '../turn.ts';

const clock = new ManualClock();

const openGathering = (): Promise<Ledger> => openInMemory(clock, { gatherMs: 10 });

async function claimAll(ledger: Ledger, ...names: readonly string[]): Promise<readonly Claim[]> {
  await ledger.accept(names.map((name) => aRequest({ conversationId: conversationId(name) })));
  return (await ledger.claim(names.length)).claims;
}

describe('the end of a turn on SQLite', () => {
  it('keeps nobody waiting who accepts a request', async () => {
    await using ledger = await openGathering();
    await ledger.accept([aRequest()]);
    const claim = await claimOne(ledger);
    const settled = ledger.settle(claim, { outcome: anOutcome(claim) });
    await ledger.accept([aRequest({ conversationId: conversationId('c2') })]);
    expect(clock.pendingTimers).toBe(1);
    await clock.advance(10);
    expect(await settled).toBe('settled');
  });

  it('waits for others as long as it was told, and shares a commit with them', async () => {
    await using ledger = await openGathering();
    const claims = await claimAll(ledger, 'c1', 'c2');
    const settled = claims.map((claim) => ledger.settle(claim, { outcome: anOutcome(claim) }));
    expect(clock.pendingTimers).toBe(1);
    await clock.advance(10);
    expect(clock.pendingTimers).toBe(0);
    expect(await Promise.all(settled)).toEqual(['settled', 'settled']);
  });

  it('is recorded before the ledger closes', async () => {
    const ledger = await openGathering();
    await ledger.accept([aRequest()]);
    const claim = await claimOne(ledger);
    const settled = ledger.settle(claim, { outcome: anOutcome(claim) });
    await ledger[Symbol.asyncDispose]();
    expect(await settled).toBe('settled');
    expect(clock.pendingTimers).toBe(0);
  });
});
