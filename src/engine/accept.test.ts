import { describe, expect, it } from 'vitest';
import type { EnrichmentRequest } from '../domain/request.ts';
import { ManualClock } from '../lib/manual-clock.ts';
import { aRequest, conversationId, openInMemory } from '../ledger/ledger.fixture.ts';
import { Acceptor } from './accept.ts';

describe('Acceptor', () => {
  it('turns requests away while too many conversations wait, and says how long to wait', async () => {
    const clock = new ManualClock();
    await using ledger = await openInMemory(clock);
    const acceptor = new Acceptor({ ledger, clock, depthLimit: 3 });
    for (const name of ['a', 'b', 'c']) {
      await acceptor.accept([aRequest({ conversationId: conversationId(name) })]);
    }
    const full = acceptor.accept([aRequest({ conversationId: conversationId('d') })]);
    await expect(full).rejects.toMatchObject({
      code: 'ERR_LEDGER_FULL',
      retryable: true,
      details: { retryAfterMs: 5_000, depth: 3 },
    });
    expect(await ledger.find(conversationId('d'))).toBeUndefined();

    await ledger.claim(2);
    await clock.advance(1_000);
    const [accepted] = await acceptor.accept([aRequest({ conversationId: conversationId('d') })]);
    expect(accepted?.duplicate).toBe(false);
  });

  it('begins no turn ahead of its claim while the store is known to take no changes', async () => {
    const clock = new ManualClock();
    await using ledger = await openInMemory(clock);
    let trouble: string | undefined;
    Object.defineProperty(ledger, 'health', {
      get: () => ({ trouble, failures: 0, lastFailure: undefined }),
    });
    const reserved: string[] = [];
    const reserve = ({ conversationId: id }: EnrichmentRequest): undefined =>
      void reserved.push(id);
    const acceptor = new Acceptor({ ledger, clock, reserve });
    for (trouble of ['its disk is full', undefined]) {
      await acceptor.accept([aRequest({ conversationId: conversationId(String(trouble)) })]);
    }
    expect(reserved).toEqual(['undefined']);
  });
});
