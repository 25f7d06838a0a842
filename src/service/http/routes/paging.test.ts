import { describe, expect, it } from 'vitest';
import { parseConversationId } from '../../../domain/ids.ts';
import { aRequest, openInMemory } from '../../../ledger/ledger.fixture.ts';
import type { OutboxMessage } from '../../../ledger/outbox/outbox.ts';
import { ManualClock } from '../../../lib/manual-clock.ts';
import { appOf, createStage } from '../stage.fixture.ts';

describe('a list', () => {
  it('lists every conversation once, on pages of the size that was asked for, also those that changed at the same instant', async () => {
    const clock = new ManualClock(0);
    await using ledger = await openInMemory(clock);
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    for (const [index, name] of names.entries()) {
      await ledger.accept([aRequest({ conversationId: parseConversationId(name) })]);
      if (index === 1 || index === 5) await clock.advance(1);
    }
    const stage = createStage({ ledger });
    await using app = appOf(stage);
    const pages: string[][] = [];
    let cursor: string | undefined = '';
    while (cursor !== undefined) {
      const url: string = `/v1/conversations?limit=2${cursor && `&cursor=${cursor}`}`;
      const answer = await app.inject({ url, headers: stage.as() });
      const page = answer.json<{ conversations: { id: string }[]; next?: string }>();
      pages.push(page.conversations.map(({ id }) => id));
      cursor = page.next;
    }
    expect(pages).toEqual([['g', 'f'], ['e', 'd'], ['c', 'b'], ['a']]);
  });

  it('tells of no next page behind the last row', async () => {
    await using ledger = await openInMemory(new ManualClock(0));
    for (const name of ['a', 'b']) {
      await ledger.accept([aRequest({ conversationId: parseConversationId(name) })]);
    }
    const stage = createStage({ ledger });
    await using app = appOf(stage);
    const next = async (limit: number): Promise<unknown> => {
      const url = `/v1/conversations?limit=${limit}`;
      return (await app.inject({ url, headers: stage.as() })).json<{ next?: string }>().next;
    };
    expect(await next(2)).toBeUndefined();
    expect(await next(1)).toEqual(expect.any(String));
  });

  it('refuses a cursor that it did not give, or gave for another list', async () => {
    const stage = createStage({
      ledger: {
        ...createStage().rooms.ledger,
        outbox: { list: async () => ['m2', 'm1'].map((id) => ({ id }) as OutboxMessage) },
      },
    });
    await using app = appOf(stage);
    const ask = (path: string) => app.inject({ url: path, headers: stage.as() });
    const { next } = (await ask('/v1/deliveries?limit=1')).json<{ next: string }>();
    expect((await ask(`/v1/deliveries?limit=1&cursor=${next}`)).statusCode).toBe(200);
    const made = Buffer.from('{"list":"conversations","place":{"changedAt":1,"id":"\\u0000"}}');
    for (const cursor of ['', 'x', '%00', next, made.toString('base64url')]) {
      for (const list of ['conversations', 'audit']) {
        const answer = await ask(`/v1/${list}?cursor=${cursor}`);
        expect([answer.statusCode, answer.json()]).toMatchObject([400, { code: 'ERR_CURSOR' }]);
      }
    }
  });
});
