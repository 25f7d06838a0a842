import { describe, expect, it } from 'vitest';
import { aRequest, anEntry, anOutcome, conversationId } from './ledger.fixture.ts';
import { onBothStores } from './stores.fixture.ts';
import type { Ledger } from './ledger.ts';
import { retentionOptions } from './options.ts';
import type { Settlement } from './turn.ts';

const DAY_MS = 86_400_000;
const never = new AbortController().signal;

async function settleOne(ledger: Ledger, name: string, parts: Settlement = {}): Promise<void> {
  await ledger.accept([aRequest({ conversationId: conversationId(name) })]);
  const { claims } = await ledger.claim(1);
  for (const claim of claims) {
    await ledger.settle(claim, {
      outcome: anOutcome(claim),
      audit: [{ actor: 'rapport', action: 'written', keys: [{ key: 'crm.tier', digest: name }] }],
      ...parts,
    });
  }
}

onBothStores((open, { tamper, clock }) => {
  describe('the audit', () => {
    it('seals rows into a chain that verifies', async () => {
      await using ledger = await open();
      for (const name of ['a', 'b', 'c']) await settleOne(ledger, name);
      expect(await ledger.sealAudit()).toBe(0);
      expect(await ledger.audit.verify()).toMatchObject({ intact: true, rows: 0, unsealed: 3 });
      await clock.advance(1_001);
      expect(await ledger.sealAudit()).toBe(3);
      const verdict = await ledger.audit.verify();
      expect(verdict).toMatchObject({ intact: true, rows: 3, unsealed: 0, head: { seq: 3 } });
      const lines: string[] = [];
      for await (const line of ledger.audit.export()) lines.push(line);
      expect(lines.map((line) => (JSON.parse(line) as { seq: number }).seq)).toEqual([1, 2, 3]);
    });

    it('shows a changed row and a missing row', async () => {
      await using ledger = await open();
      for (const name of ['a', 'b', 'c', 'd']) await settleOne(ledger, name);
      await clock.advance(1_001);
      await ledger.sealAudit();
      await tamper(`update audit set actor = 'nobody' where seq = 3`);
      expect((await ledger.audit.verify()).brokenAt).toEqual({
        seq: 3,
        reason: 'the row was changed',
      });
      await tamper(`delete from audit where seq = 2`);
      expect((await ledger.audit.verify()).brokenAt).toMatchObject({
        reason: 'rows 2 to 2 are missing',
      });
    });
  });

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

  describe('sweep', () => {
    it('removes each kind of row at its age and keeps the chain verifiable', async () => {
      await using ledger = await open();
      const retention = retentionOptions.parse({});
      await settleOne(ledger, 'old', {
        closed: true,
        feed: [{ kind: 'x', body: 1 }],
        outbox: [{ destination: 'bi', type: 't', body: 1 }],
      });
      const message = (await ledger.outbox.claim(1)).messages[0];
      await ledger.outbox.settle(message?.id ?? '', { kind: 'sent', status: '200' });
      await clock.advance(1_001);
      await ledger.sealAudit();
      expect(await ledger.sweep(retention, never)).toEqual({
        feed: 0,
        requests: 0,
        outcomes: 0,
        outbox: 0,
        conversations: 0,
        audit: 0,
      });
      await clock.advance(31 * DAY_MS);
      await settleOne(ledger, 'new');
      expect(await ledger.sweep(retention, never)).toEqual({
        feed: 1,
        requests: 1,
        outcomes: 1,
        outbox: 1,
        conversations: 1,
        audit: 0,
      });
      await clock.advance(340 * DAY_MS);
      await ledger.sealAudit();
      expect(await ledger.sweep(retention, never)).toMatchObject({ audit: 1, conversations: 1 });
      expect(await ledger.audit.verify()).toMatchObject({ intact: true, rows: 1 });
    });

    it('never removes a request that nobody has answered', async () => {
      await using ledger = await open();
      await ledger.accept([aRequest()]);
      await clock.advance(4000 * DAY_MS);
      await ledger.sweep(retentionOptions.parse({}), never);
      expect((await ledger.claim(1)).claims[0]?.requests).toHaveLength(1);
    });
  });
});
