import { describe, expect, it } from 'vitest';
import { aRequest, anEntry, conversationId, settleOne } from '../ledger.fixture.ts';
import { onBothStores } from '../stores.fixture.ts';

onBothStores((open, { clock }) => {
  describe('erase', () => {
    it('removes a person everywhere and leaves the chain intact', async () => {
      await using ledger = await open();
      const person = { kind: 'phone', value: '+15551230001' } as const;
      await settleOne(ledger, 'theirs', {
        persons: [person],
        entries: [anEntry({ conversationId: conversationId('theirs') })],
        outbox: [{ destination: 'bi', type: 'enriched', body: { phone: person.value } }],
        feed: [{ kind: 'applied', body: { 'crm.tier': 'gold' } }],
      });
      await settleOne(ledger, 'other', {
        persons: [{ kind: 'phone', value: '+15559990000' }],
        outbox: [{ destination: 'bi', type: 'enriched', body: 1 }],
      });
      await ledger.accept([aRequest({ conversationId: conversationId('open') })]);
      await clock.advance(1_001);
      await ledger.sealAudit();

      expect(await ledger.erase(person)).toEqual({
        conversations: 2,
        requests: 1,
        messages: 1,
        feedEvents: 1,
        entries: 1,
        auditRows: 1,
      });
      const listed = await ledger.outbox.list();
      expect(new Map(listed.map(({ body, state }) => [body, state]))).toEqual(
        new Map([
          ['1', 'waiting'],
          ['null', 'dead'],
        ]),
      );
      const { claims } = await ledger.claim(1);
      expect(claims[0]?.requests[0]?.body).toEqual({});
      expect((await ledger.feedAfter(conversationId('theirs'), 0)).events).toEqual([]);
      await clock.advance(1_001);
      await ledger.sealAudit();
      expect(await ledger.audit.verify()).toMatchObject({ intact: true, unsealed: 0 });
      expect(await ledger.erase(person)).toMatchObject({ conversations: 0 });
    });
  });
});
