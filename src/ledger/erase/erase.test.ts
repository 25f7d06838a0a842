import { describe, expect, it } from 'vitest';
import { aRequest, anEntry, conversationId, settleOne } from '../ledger.fixture.ts';
import { onBothStores } from '../stores.fixture.ts';

onBothStores((open, { clock, join, rowsOf }) => {
  describe('erase', () => {
    it('removes a person everywhere and leaves the chain intact', async () => {
      await using ledger = await open();
      const person = { kind: 'phone', value: '+15551230001' } as const;
      await settleOne(ledger, 'theirs', {
        persons: [person],
        entries: [anEntry({ conversationId: conversationId('theirs') })],
        outbox: [{ destination: 'bi', type: 'enriched', body: { phone: person.value } }],
        feed: [
          { kind: 'applied', body: { 'crm.tier': 'gold' } },
          { kind: 'visible', body: { 'crm.tier': 'gold' } },
        ],
      });
      await settleOne(ledger, 'other', {
        persons: [{ kind: 'phone', value: '+15559990000' }],
        outbox: [{ destination: 'bi', type: 'enriched', body: 1 }],
      });
      await ledger.accept([aRequest({ conversationId: conversationId('open') })]);
      await clock.advance(1_001);
      await ledger.sealAudit();

      expect(await ledger.erase({ persons: [person], actor: 'key:dpo' })).toEqual({
        conversations: 2,
        linked: 0,
        busy: 1,
        keys: 1,
        requests: 1,
        messages: 1,
        feedEvents: 2,
        entries: 1,
        auditRows: 1,
        remembered: 0,
        instances: 0,
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
      expect(await ledger.erase({ persons: [person], actor: 'key:dpo' })).toMatchObject({
        conversations: 0,
      });
    });

    it('finds an open request however its number was written, and a settled one by any of its forms', async () => {
      await using ledger = await open();
      const body = { phone: '+1 (555) 123-0001' };
      await ledger.accept([aRequest({ conversationId: conversationId('open'), body })]);
      await settleOne(ledger, 'settled', {
        persons: [{ kind: 'phone', value: 'tel:+1 555.123.0001' }],
      });
      const persons = [{ kind: 'phone', value: '+15551230001' }] as const;
      expect(await ledger.erase({ persons, actor: 'test' })).toMatchObject({ conversations: 2 });
    });

    it('counts conversations under another key of theirs, and erases them when asked to', async () => {
      await using ledger = await open();
      const customer = { kind: 'customer', value: 'C1' } as const;
      const phones = ['+15551230001', '+15551230002'].map(
        (value) => ({ kind: 'phone', value }) as const,
      );
      for (const [i, phone] of phones.entries()) {
        await settleOne(ledger, `call-${i}`, { persons: [customer, phone] });
      }
      await settleOne(ledger, 'somebody', { persons: [{ kind: 'customer', value: 'C2' }] });
      const persons = phones.slice(0, 1);
      const first = await ledger.erase({ persons, actor: 'test' });
      expect(first).toMatchObject({ conversations: 1, linked: 1, keys: 2 });
      await settleOne(ledger, 'call-0', { persons: [customer, ...persons] });
      const all = await ledger.erase({ persons, linked: true, actor: 'test' });
      expect(all).toMatchObject({ conversations: 2, linked: 0, keys: 3 });
      expect(await ledger.erase({ persons: [customer], actor: 'test' })).toMatchObject({
        conversations: 0,
      });
    });

    it('has every instance forget what is kept under any key of theirs: itself at once, others with a beat', async () => {
      await using here = await open();
      await using there = await join(here);
      await there.beat(8_000);
      const remembered = ['C1', '+15551230001', 'call', 'C2'];
      const forgotten = { here: [] as string[], there: [] as string[] };
      for (const [name, ledger] of [
        ['here', here],
        ['there', there],
      ] as const) {
        ledger.onErasure(({ isKeyOf }) => {
          const theirs = remembered.filter(isKeyOf);
          forgotten[name].push(...theirs);
          return theirs.length;
        });
      }
      await settleOne(here, 'call', {
        persons: [
          { kind: 'customer', value: 'C1' },
          { kind: 'phone', value: '+15551230001' },
        ],
      });
      const persons = [{ kind: 'customer', value: 'C1' }] as const;
      const erased = await here.erase({ persons, actor: 'test' });
      expect(erased).toMatchObject({ remembered: 3, instances: 1 });
      expect(forgotten).toEqual({ here: ['C1', '+15551230001', 'call'], there: [] });
      await there.beat(8_000);
      await there.beat(8_000);
      await here.beat(8_000);
      expect(forgotten.there).toEqual(forgotten.here);
      expect(forgotten.here).toHaveLength(3);
    });

    it('writes no key of the person into what it leaves for the others', async () => {
      await using ledger = await open();
      await settleOne(ledger, 'call', { persons: [{ kind: 'customer', value: 'C-1001' }] });
      await ledger.erase({ persons: [{ kind: 'customer', value: 'C-1001' }], actor: 'key:dpo' });
      const left = await rowsOf('erasure');
      expect(left).toHaveLength(1);
      expect(JSON.stringify(left)).not.toContain('C-1001');
      const rows = (await ledger.audit.list()).filter(({ action }) => action === 'erased');
      expect(rows.map(({ actor }) => actor)).toEqual(['key:dpo', 'key:dpo']);
      expect(new Set(rows.map((row) => row.conversationId))).toEqual(new Set(['call', undefined]));
    });

    it('leaves other people alone whose keys only look alike', async () => {
      await using ledger = await open();
      const body = { externalId: 'C-1001', phone: '+15551230001' };
      await ledger.accept([aRequest({ conversationId: conversationId('other'), body })]);
      const persons = [
        { kind: 'customer', value: 'C-100' },
        { kind: 'phone', value: '+15551230' },
      ] as const;
      expect(await ledger.erase({ persons, actor: 'test' })).toMatchObject({ conversations: 0 });
      expect((await ledger.claim(1)).claims[0]?.requests[0]?.body).toEqual(body);
    });

    it.each([
      { kind: 'phone', value: 'nobody' },
      { kind: 'phone', value: '+1' },
      { kind: 'customer', value: ' ' },
    ] as const)('refuses %j, which names nobody', async (person) => {
      await using ledger = await open();
      await ledger.accept([aRequest()]);
      const refused = ledger.erase({ persons: [person], actor: 'test' });
      await expect(refused).rejects.toMatchObject({ code: 'ERR_ERASE_KEY' });
      expect((await ledger.claim(1)).claims[0]?.requests[0]?.body).not.toEqual({});
    });
  });
});
