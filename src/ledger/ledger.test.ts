import { describe, expect, it } from 'vitest';
import type { AttributeEntry } from '../domain/attribute-entry.ts';
import type { EnrichmentRequest, Lane } from '../domain/request.ts';
import {
  aRequest,
  anEntry,
  anOutcome,
  claimOne,
  conversationId,
  settleOne,
} from './ledger.fixture.ts';
import type { Ledger } from './ledger.ts';
import type { KnownConversation } from './reading/records.ts';
import { onBothStores } from './stores.fixture.ts';
import type { Claim, FeedDraft } from './turn.ts';

const add = (ledger: Ledger, name: string, lane: Lane): Promise<unknown> =>
  ledger.accept([aRequest({ conversationId: conversationId(name), lane })]);

async function knownOf(ledger: Ledger, name: string): Promise<KnownConversation> {
  const known = await ledger.find(conversationId(name));
  if (known === undefined) throw new Error(`${name} is not known`);
  return known;
}

const toldAs = (...bodies: readonly string[]): readonly FeedDraft[] =>
  bodies.map((body) => ({ kind: 'attribute', body }));

const draft = (body: string) => ({ destination: 'bi', type: 't', body });

onBothStores((open, { clock }) => {
  describe('accept', () => {
    it('answers a duplicate with the id of the first request', async () => {
      await using ledger = await open();
      const [first] = await ledger.accept([aRequest({ dedupeKey: 'event-1' })]);
      const [again] = await ledger.accept([aRequest({ dedupeKey: 'event-1' })]);
      expect(again).toEqual({ ...first, duplicate: true });
      expect((await ledger.find(conversationId('c1')))?.arrivals).toBe(1);
    });

    it('counts a repeated request id once', async () => {
      await using ledger = await open();
      const request = aRequest();
      await ledger.accept([request]);
      const [again] = await ledger.accept([request]);
      expect(again).toMatchObject({ id: request.id, duplicate: true });
      expect((await ledger.find(conversationId('c1')))?.arrivals).toBe(1);
    });

    it('coalesces the requests of one conversation into one turn, in their order', async () => {
      await using ledger = await open();
      await ledger.accept([aRequest({ id: 'a' as never }), aRequest({ id: 'b' as never })]);
      const claim = await claimOne(ledger);
      expect(claim.requests.map(({ id, arrival }) => [id, arrival])).toEqual([
        ['a', 1],
        ['b', 2],
      ]);
      expect((await ledger.claim(5)).claims).toEqual([]);
    });

    it('keeps hostile keys and maps through the body', async () => {
      await using ledger = await open();
      const attributes = new Map([
        ['__proto__', 'x'],
        ['crm.tier', 'a\0b'],
      ]);
      await ledger.accept([aRequest({ kind: 'set', body: { attributes } })]);
      expect((await claimOne(ledger)).requests[0]?.body.attributes).toEqual(attributes);
    });
  });

  describe('settle', () => {
    it('answers the claimed requests, clears their bodies and goes idle', async () => {
      await using ledger = await open();
      const [accepted] = await ledger.accept([aRequest()]);
      const claim = await claimOne(ledger);
      expect(await ledger.settle(claim, { outcome: anOutcome(claim) })).toBe('settled');
      const found = await ledger.find(conversationId('c1'));
      expect(found).toMatchObject({ phase: 'idle', attempts: 0, fence: 1 });
      const request = accepted && (await ledger.request(accepted.id));
      expect(request?.outcome?.summary.result).toBe('enriched');
    });

    it('leaves a request that came during the turn open, and the conversation due', async () => {
      await using ledger = await open();
      await ledger.accept([aRequest()]);
      const claim = await claimOne(ledger);
      const [late] = await ledger.accept([aRequest({ lane: 'manual' })]);
      await ledger.settle(claim, { outcome: anOutcome(claim) });
      const next = await claimOne(ledger);
      expect(next.requests.map(({ id }) => id)).toEqual([late?.id]);
      expect(next).toMatchObject({ fence: 2, attempts: 1, lane: 'manual' });
    });

    it('refuses a holder whose lease has passed to another, and keeps nothing of it', async () => {
      await using ledger = await open();
      await ledger.accept([aRequest()]);
      const stale = await claimOne(ledger);
      await ledger.takeOver();
      const fresh = await claimOne(ledger);
      expect(fresh).toMatchObject({ fence: 2, tookOver: true, attempts: 2 });
      expect(await ledger.settle(stale, { outcome: anOutcome(stale), entries: [anEntry()] })).toBe(
        'fenced',
      );
      expect((await ledger.find(conversationId('c1')))?.entries).toEqual([]);
      expect(await ledger.settle(fresh, { outcome: anOutcome(fresh) })).toBe('settled');
      expect(await ledger.outcomes(conversationId('c1'))).toHaveLength(1);
    });

    it('writes entries, audit, outbox and feed with the outcome', async () => {
      await using ledger = await open();
      await ledger.accept([aRequest()]);
      const claim = await claimOne(ledger);
      const deadlineAt = ledger.now() + 5000;
      await ledger.settle(claim, {
        outcome: anOutcome(claim),
        entries: [anEntry({ deadlineAt })],
        audit: [{ actor: 'rapport', action: 'written', keys: [{ key: 'crm.tier', digest: 'd' }] }],
        outbox: [{ destination: 'bi', type: 'enriched', body: { tier: 'gold' } }],
        feed: [
          { kind: 'accepted', body: 1 },
          { kind: 'applied', body: 2 },
        ],
        nextDueAt: deadlineAt,
      });
      const known = await ledger.find(conversationId('c1'));
      expect(known).toMatchObject({ phase: 'due', dueAt: deadlineAt, lane: 'verify', feedSeq: 2 });
      expect(known?.entries).toEqual([anEntry({ deadlineAt })]);
      expect(await ledger.audit.list()).toMatchObject([{ action: 'written' }]);
      expect((await ledger.outbox.claim(9)).messages).toMatchObject([{ body: '{"tier":"gold"}' }]);
      const feed = await ledger.feedAfter(conversationId('c1'), 0);
      expect(feed.events.map(({ n, body }) => [n, body])).toEqual([
        [1, 1],
        [2, 2],
      ]);
    });

    it('numbers the events of each commit on, and a page may begin and end within one', async () => {
      await using ledger = await open();
      const id = conversationId('c1');
      await settleOne(ledger, 'c1', { feed: toldAs('a', 'b', 'c') });
      await ledger.observe({
        conversationId: id,
        basis: await knownOf(ledger, 'c1'),
        feed: toldAs('d'),
      });
      await ledger.observe({
        conversationId: id,
        basis: await knownOf(ledger, 'c1'),
        feed: toldAs('e', 'f'),
      });
      const page = async (after: number, limit?: number): Promise<string> => {
        const { events, oldest } = await ledger.feedAfter(id, after, { limit });
        expect(oldest).toBe(1);
        return events.map(({ n, kind, body }) => `${n} ${kind} ${String(body)}`).join(', ');
      };
      expect(await page(0)).toBe(
        '1 attribute a, 2 attribute b, 3 attribute c, 4 attribute d, 5 attribute e, 6 attribute f',
      );
      expect(await page(1, 3)).toBe('2 attribute b, 3 attribute c, 4 attribute d');
      expect(await page(4, 1)).toBe('5 attribute e');
      expect(await page(5)).toBe('6 attribute f');
      expect(await page(6)).toBe('');
    });
  });

  describe('fail', () => {
    it('backs off, then sets the conversation aside with the reason', async () => {
      await using ledger = await open();
      const [accepted] = await ledger.accept([aRequest()]);
      const waits: (number | undefined)[] = [];
      for (let attempt = 1; attempt <= 8; attempt++) {
        const claim = await claimOne(ledger);
        const end = await ledger.fail(claim, { reason: 'ERR_CRM', retryable: true });
        expect(end).toBe(attempt < 8 ? 'retrying' : 'dead');
        waits.push((await ledger.claim(1)).nextDueInMs);
        await clock.advance(300_000);
      }
      expect(waits).toEqual([750, 1500, 3000, 6000, 12_000, 24_000, 48_000, undefined]);
      expect(await ledger.find(conversationId('c1'))).toMatchObject({
        phase: 'dead',
        reason: 'ERR_CRM',
      });
      const request = accepted && (await ledger.request(accepted.id));
      expect(request?.outcome?.summary).toMatchObject({ result: 'failed', reason: 'ERR_CRM' });
    });

    it('waits as long as the server says, and a new request does not wait for it', async () => {
      await using ledger = await open();
      await ledger.accept([aRequest()]);
      await ledger.fail(await claimOne(ledger), {
        reason: 'ERR_RATE_LIMITED',
        retryable: true,
        retryAfterMs: 17_000,
      });
      expect((await ledger.claim(1)).nextDueInMs).toBe(17_000);
      await ledger.accept([aRequest()]);
      expect((await claimOne(ledger)).requests).toHaveLength(2);
    });

    it('goes on with a wipe when the requests are given up', async () => {
      await using ledger = await open();
      await ledger.accept([aRequest()]);
      const first = await claimOne(ledger);
      const wiping = anEntry({ state: 'wiping', wipe: true, deadlineAt: ledger.now() + 500 });
      await ledger.settle(first, { outcome: anOutcome(first), entries: [wiping] });
      await ledger.accept([aRequest()]);
      const failure = { reason: 'ERR_MAP', retryable: false };
      await ledger.fail(await claimOne(ledger), failure);
      await clock.advance(500);
      const wipe = await claimOne(ledger);
      expect(wipe).toMatchObject({ requests: [], entries: [{ state: 'wiping' }], lookFirst: true });
      await ledger.fail(wipe, failure);
      expect(await knownOf(ledger, 'c1')).toMatchObject({ phase: 'dead', dueAt: undefined });
    });

    it('lets no deadline of a key wait for the next attempt', async () => {
      await using ledger = await open();
      await ledger.accept([aRequest()]);
      const claim = await claimOne(ledger);
      const entries = [anEntry({ deadlineAt: ledger.now() + 250 })];
      const failure = { reason: 'ERR_CRM', retryable: true, nextDueAt: ledger.now() + 250 };
      await ledger.fail(claim, { ...failure, entries });
      expect((await ledger.claim(1)).nextDueInMs).toBe(250);
      expect((await ledger.find(conversationId('c1')))?.entries).toEqual(entries);
    });

    it('replays what was set aside, once', async () => {
      await using ledger = await open();
      await ledger.accept([aRequest()]);
      await ledger.fail(await claimOne(ledger), { reason: 'ERR_MAP', retryable: false });
      expect(await ledger.replay(conversationId('c1'))).toMatchObject({ duplicate: false });
      expect(await ledger.replay(conversationId('c1'))).toBeUndefined();
      expect(await claimOne(ledger)).toMatchObject({ attempts: 1, lane: 'manual' });
    });
  });

  describe('hold', () => {
    it('claims one conversation by name, known or not, and keeps others from it', async () => {
      await using ledger = await open();
      const held = await ledger.hold(conversationId('c1'));
      expect(held).toMatchObject({ fence: 1, lane: 'manual', requests: [], lookFirst: false });
      expect(await ledger.hold(conversationId('c1'))).toBeUndefined();
      await ledger.accept([aRequest()]);
      expect((await ledger.claim(1)).claims).toEqual([]);
      const settlement = { entries: [anEntry()], audit: [{ actor: 'me', action: 'x', keys: [] }] };
      expect(held && (await ledger.settle(held, settlement))).toBe('settled');
      expect(await ledger.audit.list()).toMatchObject([{ actor: 'me' }]);
      expect((await claimOne(ledger)).entries).toEqual([anEntry()]);
    });

    it('leaves a conversation alone whose requests wait for a turn', async () => {
      await using ledger = await open();
      await ledger.accept([aRequest()]);
      expect(await ledger.hold(conversationId('c1'))).toBeUndefined();
      const claim = await claimOne(ledger);
      await ledger.settle(claim, { outcome: anOutcome(claim), entries: [anEntry()] });
      expect(await ledger.hold(conversationId('c1'))).toMatchObject({ entries: [anEntry()] });
    });
  });

  describe('handBack', () => {
    it('makes the conversation due at once and does not count the attempt', async () => {
      await using ledger = await open();
      await ledger.accept([aRequest()]);
      await ledger.handBack(await claimOne(ledger), 'handed back');
      expect(await claimOne(ledger)).toMatchObject({
        attempts: 1,
        fence: 2,
        reason: 'handed back',
      });
    });
  });

  describe('takeBackOwn', () => {
    it('makes due what this instance held and dropped, and fences what was dropped', async () => {
      await using ledger = await open();
      await ledger.accept([aRequest()]);
      const dropped = await claimOne(ledger);
      await ledger.beat(8_000);
      expect(await ledger.takeOver()).toBe(0);
      expect(await ledger.takeBackOwn()).toBe(1);
      expect(await claimOne(ledger)).toMatchObject({ fence: 2, tookOver: true, lookFirst: true });
      expect(await ledger.settle(dropped, { outcome: anOutcome(dropped) })).toBe('fenced');
    });
  });

  describe('conversations', () => {
    it('gives them last changed first, by id where that is equal, and goes on after any of them', async () => {
      await using ledger = await open();
      for (const name of ['b', 'c', 'a']) await add(ledger, name, 'live');
      await clock.advance(1);
      for (const name of ['e', 'd']) await add(ledger, name, 'live');
      const all = await ledger.conversations();
      expect(all.map(({ id }) => id)).toEqual(['e', 'd', 'c', 'b', 'a']);
      for (const [index, before] of all.entries()) {
        const rest = await ledger.conversations({ before });
        expect(rest).toEqual(all.slice(index + 1));
      }
    });
  });

  describe('requests and outcomes', () => {
    it('gives the latest of a conversation, first to last', async () => {
      await using ledger = await open();
      for (let turn = 1; turn <= 3; turn += 1) await settleOne(ledger, 'c1');
      const requests = await ledger.requests(conversationId('c1'), { limit: 2 });
      expect(requests.map(({ arrival }) => arrival)).toEqual([2, 3]);
      const outcomes = await ledger.outcomes(conversationId('c1'), { limit: 2 });
      expect(outcomes.map(({ fence }) => fence)).toEqual([2, 3]);
    });
  });

  describe('closed conversations', () => {
    it('answer a later request at once, and reopen for one that shows them alive', async () => {
      await using ledger = await open();
      await ledger.accept([aRequest()]);
      const claim = await claimOne(ledger);
      await ledger.settle(claim, { outcome: anOutcome(claim), closed: true });
      const [late] = await ledger.accept([aRequest()]);
      expect(late).toMatchObject({ skipped: 'ended', duplicate: false });
      const record = late && (await ledger.request(late.id));
      expect(record?.outcome?.summary).toMatchObject({ result: 'skipped', reason: 'ended' });
      expect((await ledger.claim(1)).claims).toEqual([]);

      const conversation = {
        id: conversationId('c1'),
        startedAt: 1,
        endedAt: undefined,
        participants: [],
      };
      const [alive] = await ledger.accept([aRequest({ body: { conversation } })]);
      expect(alive?.skipped).toBeUndefined();
      expect((await claimOne(ledger)).requests.map(({ id }) => id)).toEqual([alive?.id]);
      expect(await ledger.audit.list()).toMatchObject([{ action: 'reopened' }]);
    });
  });

  describe('claim', () => {
    it('takes lane before age', async () => {
      await using ledger = await open();
      for (const lane of ['backfill', 'verify', 'manual', 'live'] as const) {
        await add(ledger, lane, lane);
        await clock.advance(1);
      }
      const order: string[] = [];
      for (let i = 0; i < 4; i++) order.push((await claimOne(ledger)).conversationId);
      expect(order).toEqual(['live', 'manual', 'verify', 'backfill']);
    });

    it.each([
      ['manual', 2_000],
      ['verify', 10_000],
      ['backfill', 180_000],
    ] as const)('lets what is %s pass new live work once it has waited %d ms', async (lane, ms) => {
      await using ledger = await open();
      await add(ledger, 'patient', lane);
      await clock.advance(ms);
      await add(ledger, 'first', 'live');
      expect((await claimOne(ledger)).conversationId).toBe('first');
      await clock.advance(1);
      await add(ledger, 'second', 'live');
      expect((await claimOne(ledger)).conversationId).toBe('patient');
    });
  });

  describe('acceptAndClaim', () => {
    it('gives a claim on what was idle, with everything that a claim of its own would give', async () => {
      await using ledger = await open();
      const request = aRequest();
      const { acceptances, claims } = await ledger.acceptAndClaim(
        [request],
        new Set([request.conversationId]),
      );
      expect(acceptances).toEqual([
        { id: request.id, conversationId: 'c1', duplicate: false, skipped: undefined },
      ]);
      const [claim] = claims;
      expect(claim).toMatchObject({
        conversationId: 'c1',
        fence: 1,
        attempts: 1,
        arrivals: 1,
        entries: [],
      });
      expect(claim?.requests).toEqual([{ ...request, arrival: 1, receivedAt: ledger.now() }]);
      expect((await ledger.claim(9)).claims).toEqual([]);
      if (claim === undefined) return;
      await ledger.settle(claim, { outcome: anOutcome(claim), entries: [anEntry()] });

      const again = await ledger.acceptAndClaim([aRequest()], new Set([request.conversationId]));
      expect(again.claims).toMatchObject([
        { fence: 2, attempts: 1, arrivals: 2, lookFirst: false, earlierTurnAt: claim.claimedAt },
      ]);
      expect(again.claims[0]?.entries).toEqual([anEntry()]);
    });

    it('claims nothing of a duplicate, of what is due, leased or closed, and no more than it may', async () => {
      await using ledger = await open();
      const request = aRequest();
      const work = async (
        requests: readonly EnrichmentRequest[],
        wanted = ['c1'],
      ): Promise<readonly Claim[]> =>
        (await ledger.acceptAndClaim(requests, new Set(wanted.map(conversationId)))).claims;
      expect(await work([request], [])).toEqual([]);
      expect(await work([aRequest()])).toEqual([]);
      const claim = await claimOne(ledger);
      expect(claim.requests).toHaveLength(2);
      expect(await work([aRequest()])).toEqual([]);
      await ledger.settle(claim, { outcome: anOutcome(claim) });
      const last = await claimOne(ledger);
      await ledger.settle(last, { outcome: anOutcome(last) });
      expect(await work([{ ...request, id: aRequest().id }])).toEqual([]);
      const [own] = await work([aRequest()]);
      expect(own?.requests).toHaveLength(1);
      if (own !== undefined) await ledger.settle(own, { outcome: anOutcome(own), closed: true });
      expect(await work([aRequest()])).toEqual([]);

      const several = ['x', 'y', 'y', 'z'].map((name) =>
        aRequest({ conversationId: conversationId(name) }),
      );
      expect((await work(several, ['x', 'y'])).map((each) => each.conversationId)).toEqual(['x']);
      expect((await ledger.claim(9)).claims.map((each) => each.conversationId).toSorted()).toEqual([
        'y',
        'z',
      ]);
    });
  });

  describe('observe', () => {
    it('records entries and a due time, and refuses when a turn has begun since', async () => {
      await using ledger = await open();
      await ledger.accept([aRequest()]);
      const claim = await claimOne(ledger);
      await ledger.settle(claim, { outcome: anOutcome(claim) });
      const observed = {
        conversationId: conversationId('c1'),
        basis: await knownOf(ledger, 'c1'),
        entries: [anEntry({ state: 'overwritten' })],
        nextDueAt: ledger.now(),
      };
      expect(await ledger.observe(observed)).toBe('recorded');
      const guard = await claimOne(ledger);
      expect(guard).toMatchObject({ lane: 'verify', requests: [] });
      expect(guard.entries).toMatchObject([{ state: 'overwritten' }]);
      expect(await ledger.observe(observed)).toBe('stale');
    });

    it('refuses what rests on entries that a running turn or another observation has changed', async () => {
      await using ledger = await open();
      await ledger.accept([aRequest()]);
      const claim = await claimOne(ledger);
      const id = conversationId('c1');
      const during = await knownOf(ledger, 'c1');
      const settled = { ...anEntry({ state: 'accepted' }), writes: 2 };
      await ledger.settle(claim, { outcome: anOutcome(claim), entries: [settled] });
      const entries = [anEntry({ state: 'visible' })];
      expect(await ledger.observe({ conversationId: id, basis: during, entries })).toBe('stale');
      const after = await knownOf(ledger, 'c1');
      expect(after.entries).toMatchObject([{ state: 'accepted', writes: 2 }]);

      const feed = [{ kind: 'seen', body: {} }];
      const seen = { conversationId: id, basis: after, feed };
      expect([await ledger.observe(seen), await ledger.observe(seen)]).toEqual([
        'recorded',
        'stale',
      ]);
    });

    it('makes the turn that would look for proof needless, unless something else became due', async () => {
      await using ledger = await open();
      const settledDue = async (): Promise<void> => {
        await ledger.accept([aRequest()]);
        const claim = await claimOne(ledger);
        const nextDueAt = ledger.now() + 5_000;
        await ledger.settle(claim, { outcome: anOutcome(claim), nextDueAt });
      };
      const id = conversationId('c1');
      const feed = [{ kind: 'seen', body: {} }];
      await settledDue();
      const first = await knownOf(ledger, 'c1');
      await ledger.observe({ conversationId: id, basis: first, feed });
      expect(await knownOf(ledger, 'c1')).toMatchObject({ phase: 'idle', dueAt: undefined });

      await settledDue();
      const before = await knownOf(ledger, 'c1');
      const nextDueAt = ledger.now() + 2_000;
      await ledger.observe({ conversationId: id, basis: before, feed, nextDueAt });
      await ledger.observe({ conversationId: id, basis: before, feed });
      expect(await knownOf(ledger, 'c1')).toMatchObject({ phase: 'due', dueAt: nextDueAt });

      const atEnd = { conversationId: id, feed, endedAt: ledger.now() };
      await ledger.observe({ ...atEnd, basis: await knownOf(ledger, 'c1') });
      expect(await knownOf(ledger, 'c1')).toMatchObject({ phase: 'due', dueAt: nextDueAt });

      const later = await knownOf(ledger, 'c1');
      await ledger.accept([aRequest()]);
      await ledger.observe({ conversationId: id, basis: later, feed });
      expect((await claimOne(ledger)).requests).toHaveLength(1);
    });

    it('leaves alone what was set aside, unless a key is to be emptied', async () => {
      await using ledger = await open();
      await ledger.accept([aRequest()]);
      await ledger.fail(await claimOne(ledger), { reason: 'ERR_MAP', retryable: false });
      const seen = async (entries: readonly AttributeEntry[]): Promise<string> => {
        const basis = await knownOf(ledger, 'c1');
        const id = conversationId('c1');
        return ledger.observe({ conversationId: id, basis, entries, nextDueAt: ledger.now() });
      };
      await seen([anEntry({ state: 'overwritten', deadlineAt: ledger.now() })]);
      expect(await knownOf(ledger, 'c1')).toMatchObject({ phase: 'dead', dueAt: undefined });
      await seen([anEntry({ state: 'wiping', deadlineAt: ledger.now() })]);
      expect(await claimOne(ledger)).toMatchObject({ entries: [{ state: 'wiping' }] });
    });

    it('wakes a leased conversation by keeping it due after its turn', async () => {
      await using ledger = await open();
      await ledger.accept([aRequest()]);
      const claim = await claimOne(ledger);
      expect(await ledger.wake({ conversationId: conversationId('c1'), dueAt: ledger.now() })).toBe(
        true,
      );
      await ledger.settle(claim, { outcome: anOutcome(claim) });
      expect((await claimOne(ledger)).requests).toEqual([]);
    });
  });

  describe('outbox', () => {
    it('sends what an observation adds behind what its turn has left waiting', async () => {
      await using ledger = await open();
      await settleOne(ledger, 'c1', { outbox: [draft('first'), draft('second')] });
      for (const body of ['third', 'fourth']) {
        const basis = await knownOf(ledger, 'c1');
        await ledger.observe({
          conversationId: conversationId('c1'),
          basis,
          outbox: [draft(body)],
        });
      }
      await settleOne(ledger, 'c1', { outbox: [draft('fifth')] });
      const sent: string[] = [];
      for (;;) {
        const { messages } = await ledger.outbox.claim(9);
        for (const { id, body } of messages) {
          sent.push(JSON.parse(body) as string);
          await ledger.outbox.settle(id, { kind: 'sent', status: '200' });
        }
        if (messages.length === 0) break;
      }
      expect(sent).toEqual(['first', 'second', 'third', 'fourth', 'fifth']);
    });

    it('sends one message per destination and conversation at a time, in order', async () => {
      await using ledger = await open();
      await ledger.accept([aRequest()]);
      const claim = await claimOne(ledger);
      await ledger.settle(claim, {
        outcome: anOutcome(claim),
        outbox: [1, 2, 3].map((n) => ({ destination: 'bi', type: 't', body: n })),
      });
      const take = async (): Promise<string[]> =>
        (await ledger.outbox.claim(9)).messages.map(({ id, body }) => `${body}:${id}`);
      const [first = ''] = await take();
      expect(first).toMatch(/^1:/);
      expect(await take()).toEqual([]);
      await ledger.outbox.settle(first.slice(2), { kind: 'dead', status: '410' });
      const [second = ''] = await take();
      expect(second).toMatch(/^2:/);
      await ledger.outbox.settle(second.slice(2), { kind: 'retry', status: '500', delayMs: 100 });
      // The third waits behind the second, so it is not what falls due next.
      expect(await ledger.outbox.claim(9)).toEqual({ messages: [], nextInMs: 100 });
    });

    it('gives out one destination’s messages by themselves, and says when its next is due', async () => {
      await using ledger = await open();
      await ledger.accept([aRequest()]);
      const claim = await claimOne(ledger);
      await ledger.settle(claim, {
        outcome: anOutcome(claim),
        outbox: ['dead', 'bi'].map((destination) => ({ destination, type: 't', body: 1 })),
      });
      const take = (destination: string) => ledger.outbox.claim(9, destination);
      expect(await take('nowhere')).toEqual({ messages: [], nextInMs: undefined });
      const { messages } = await take('bi');
      expect(messages.map(({ destination }) => destination)).toEqual(['bi']);
      expect(await take('bi')).toEqual({ messages: [], nextInMs: undefined });
      expect((await take('dead')).messages).toHaveLength(1);
    });

    it('takes nothing back that another destination is being given at the same time', async () => {
      await using ledger = await open();
      const destinations = ['a', 'b', 'c'];
      await ledger.accept([aRequest()]);
      const claim = await claimOne(ledger);
      await ledger.settle(claim, {
        outcome: anOutcome(claim),
        outbox: destinations.map((destination) => ({ destination, type: 't', body: 1 })),
      });
      const takeAll = async (): Promise<string[]> => {
        const batches = await Promise.all(destinations.map((each) => ledger.outbox.claim(9, each)));
        return batches.flatMap(({ messages }) => messages.map(({ id }) => id));
      };
      const taken = await takeAll();
      expect(taken).toHaveLength(3);
      expect(await takeAll()).toEqual([]);
      const sent = { kind: 'sent', status: '200' } as const;
      const settled = await Promise.all(taken.map((id) => ledger.outbox.settle(id, sent)));
      expect(settled).toEqual(['settled', 'settled', 'settled']);
    });
  });
});
