import { describe, expect, it } from 'vitest';
import { createIdSource } from '../../lib/ids.ts';
import { ManualClock } from '../../lib/manual-clock.ts';
import { anOutcome, aRequest, conversationId } from '../ledger.fixture.ts';
import type { Ledger } from '../ledger.ts';
import { openLedger } from '../open-ledger.ts';

const clock = new ManualClock();

const openGathering = (): Promise<Ledger> =>
  openLedger({
    store: 'sqlite::memory:',
    clock,
    newId: createIdSource(clock),
    random: () => 0,
    gatherMs: 10,
  });

describe('the end of a turn on SQLite', () => {
  it('waits for a commit that is made anyway, and goes with it', async () => {
    await using ledger = await openGathering();
    await ledger.accept([aRequest()]);
    const [claim] = (await ledger.claim(1)).claims;
    if (claim === undefined) throw new Error('an accepted request is due');
    const settled = ledger.settle(claim, { outcome: anOutcome(claim) });
    expect(clock.pendingTimers).toBe(1);
    await ledger.accept([aRequest({ conversationId: conversationId('c2') })]);
    expect(await settled).toBe('settled');
    expect(clock.pendingTimers).toBe(0);
  });

  it('waits no longer than it was told when nothing else is committed', async () => {
    await using ledger = await openGathering();
    await ledger.accept([aRequest()]);
    const [claim] = (await ledger.claim(1)).claims;
    if (claim === undefined) throw new Error('an accepted request is due');
    const settled = ledger.settle(claim, { outcome: anOutcome(claim) });
    await clock.advance(10);
    expect(await settled).toBe('settled');
  });
});
