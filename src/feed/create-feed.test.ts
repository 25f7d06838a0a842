import type { FeedPage } from '../domain/feed.ts';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseConversationId } from '../domain/ids.ts';
import { silentLog } from '../lib/log.ts';
import { ManualClock } from '../lib/manual-clock.ts';
import { createFeed, type Feed, type FeedOptions } from './create-feed.ts';
import type { FeedItem } from './feed-event.ts';
import { MemoryFeedSource } from './source.fixture.ts';
import type { Subscription } from './subscription.ts';

const id = parseConversationId;

const turn = (): Promise<void> => new Promise((next) => void setImmediate(next));

/** Answers a turn of the event loop later, as a store in another thread does. */
class FarSource extends MemoryFeedSource {
  override async feedAfter(...asked: Parameters<MemoryFeedSource['feedAfter']>): Promise<FeedPage> {
    await turn();
    return super.feedAfter(...asked);
  }
}

interface Rig extends AsyncDisposable {
  readonly clock: ManualClock;
  readonly source: MemoryFeedSource;
  readonly feed: Feed;
}

function startRig(more?: Partial<FeedOptions>): Rig {
  const clock = new ManualClock(0);
  const source = new MemoryFeedSource(() => clock.wallMs());
  const feed = createFeed({ source, clock, log: silentLog, epoch: 'e1', ...more });
  return {
    clock,
    source,
    feed,
    async [Symbol.asyncDispose]() {
      await feed[Symbol.asyncDispose]();
      expect(clock.pendingTimers).toBe(0);
      expect(source.listeners).toBe(0);
      expect(feed.counts.open).toBe(0);
    },
  };
}

function opened(subscription: Subscription | undefined): Subscription {
  if (subscription === undefined) throw new Error('no stream');
  return subscription;
}

const show = (item: FeedItem): string => {
  switch (item.kind) {
    case 'event':
      return `${item.event.conversationId}${item.event.n}`;
    case 'gap':
      return `gap ${item.missed ?? '?'}`;
    case 'heartbeat':
      return 'beat';
  }
};

/** Collects what a reader gets, in the background. */
function follow(subscription: Subscription): { readonly seen: string[]; readonly ids: string[] } {
  const log = { seen: [] as string[], ids: [] as string[] };
  void (async () => {
    for await (const item of subscription) {
      log.seen.push(show(item));
      if (item.kind !== 'heartbeat') log.ids.push(item.id);
    }
  })();
  return log;
}

describe('createFeed', () => {
  it('gives a reader of a conversation what is kept and then what comes, in order', async () => {
    await using rig = startRig();
    rig.source.write('a');
    const { seen } = follow(opened(rig.feed.conversation(id('a'))));
    await rig.clock.advance(0);
    rig.source.write('a');
    rig.source.write('b');
    await rig.clock.advance(0);
    expect(seen).toEqual(['a1', 'a2']);
  });

  it('resumes after a number, with a gap marker when what followed is kept no more', async () => {
    await using rig = startRig();
    for (let n = 0; n < 6; n++) rig.source.write('a');
    const whole = follow(opened(rig.feed.conversation(id('a'), 4)));
    rig.source.sweep('a', 4);
    const behind = follow(opened(rig.feed.conversation(id('a'), 2)));
    const fresh = follow(opened(rig.feed.conversation(id('a'))));
    await rig.clock.advance(0);
    expect(whole.seen).toEqual(['a5', 'a6']);
    expect(behind.seen).toEqual(['gap 2', 'a5', 'a6']);
    expect(behind.ids).toEqual(['4', '5', '6']);
    expect(fresh.seen).toEqual(['a5', 'a6']);
  });

  it('begins with a gap for a number that was never given, before or after the first event', async () => {
    await using rig = startRig();
    const early = follow(opened(rig.feed.conversation(id('a'), 9)));
    await rig.clock.advance(0);
    expect(early.seen).toEqual([]);
    rig.source.write('a');
    rig.source.write('a');
    await rig.clock.advance(0);
    const late = follow(opened(rig.feed.conversation(id('a'), 9)));
    const whole = follow(opened(rig.feed.conversation(id('a'), 2)));
    await rig.clock.advance(0);
    rig.source.write('a');
    await rig.clock.advance(0);
    expect(early.seen).toEqual(['gap ?', 'a1', 'a2', 'a3']);
    expect(late.seen).toEqual(early.seen);
    expect(late.ids).toEqual(['0', '1', '2', '3']);
    expect(whole.seen).toEqual(['a3']);
  });

  it('reads once for however many follow the same conversation', async () => {
    await using rig = startRig();
    const readers = Array.from({ length: 50 }, () =>
      follow(opened(rig.feed.conversation(id('a')))),
    );
    rig.source.write('a');
    await rig.clock.advance(0);
    const before = rig.source.reads;
    rig.source.write('a');
    await rig.clock.advance(0);
    expect(rig.source.reads - before).toBe(1);
    expect(readers.every(({ seen }) => seen.join() === 'a1,a2')).toBe(true);
  });

  it('loses nothing for a slow reader of one conversation, and holds nothing for it', async () => {
    await using rig = startRig();
    const slow = opened(rig.feed.conversation(id('a')));
    const quick = follow(opened(rig.feed.conversation(id('a'))));
    for (let n = 0; n < 300; n++) {
      rig.source.write('a');
      if (n % 10 === 0) await rig.clock.advance(0);
    }
    await rig.clock.advance(0);
    const late = follow(slow);
    await rig.clock.advance(0);
    expect(quick.seen).toHaveLength(300);
    expect(late.seen).toEqual(quick.seen);
  });

  it('tells a slow reader of all conversations how many it lost, oldest first', async () => {
    await using rig = startRig({ ringSize: 10 });
    const slow = opened(rig.feed.all());
    for (let n = 0; n < 25; n++) {
      rig.source.write('a');
      await rig.clock.advance(0);
    }
    const { seen } = follow(slow);
    await rig.clock.advance(0);
    expect(seen).toEqual(['gap 15', ...Array.from({ length: 10 }, (_, n) => `a${16 + n}`)]);
  });

  it('loses nothing for a quick reader of all, however many have news at once', async () => {
    const source = new FarSource(() => 0);
    await using feed = createFeed({
      source,
      clock: new ManualClock(0),
      log: silentLog,
      epoch: 'e1',
      ringSize: 256,
    });
    const { seen } = follow(opened(feed.all()));
    await turn();
    for (let n = 0; n < 1000; n++) source.write(`c${n}-`);
    while (seen.length < 1000 && !seen.some((item) => item.startsWith('gap'))) await turn();
    expect(new Set(seen).size).toBe(1000);
  });

  it('gives readers of all conversations what comes from now on, and resumes them after an id', async () => {
    await using rig = startRig();
    rig.source.write('a');
    await rig.clock.advance(1000);
    const first = opened(rig.feed.all());
    const stays = follow(opened(rig.feed.all()));
    const { seen, ids } = follow(first);
    rig.source.write('a');
    rig.source.write('b');
    await rig.clock.advance(0);
    expect(seen).toEqual(['a2', 'b1']);
    first.end();
    rig.source.write('a');
    await rig.clock.advance(0);
    const resumed = follow(opened(rig.feed.all(ids.at(-1))));
    await rig.clock.advance(0);
    expect(resumed.seen).toEqual(['a3']);
    expect(stays.seen).toEqual(['a2', 'b1', 'a3']);
  });

  it('repeats nothing of a conversation whose place it had no room to remember', async () => {
    await using rig = startRig({ maxPositions: 2 });
    const { seen } = follow(opened(rig.feed.all()));
    for (const conversation of ['a', 'b', 'c', 'a']) {
      await rig.clock.advance(1000);
      rig.source.write(conversation);
    }
    await rig.clock.advance(0);
    expect(seen).toEqual(['a1', 'b1', 'c1', 'a2']);
  });

  it('begins with a gap for an id of another instance, or when nobody kept the ring going', async () => {
    await using rig = startRig();
    const lonely = opened(rig.feed.all());
    const { ids } = follow(lonely);
    rig.source.write('a');
    await rig.clock.advance(0);
    lonely.end();
    rig.source.write('a');
    await rig.clock.advance(1);
    const again = follow(opened(rig.feed.all(ids[0])));
    const foreign = follow(opened(rig.feed.all('e0.1')));
    const future = follow(opened(rig.feed.all('e1.999')));
    rig.source.write('a');
    await rig.clock.advance(0);
    expect(again.seen).toEqual(['gap ?', 'a3']);
    expect(foreign.seen).toEqual(['gap ?', 'a3']);
    expect(future.seen).toEqual(['gap ?', 'a3']);
  });

  it('beats for idle streams with one timer, and looks again where a hint was lost', async () => {
    await using rig = startRig();
    const { seen } = follow(opened(rig.feed.conversation(id('a'))));
    follow(opened(rig.feed.all()));
    await rig.clock.advance(15_000);
    expect(rig.clock.pendingTimers).toBe(1);
    expect(seen).toEqual(['beat']);
    rig.source.write('a', { hint: false });
    await rig.clock.advance(8 * 15_000);
    expect(seen.filter((what) => what !== 'beat')).toEqual(['a1']);
  });

  it('stops its timer when the last stream is gone', async () => {
    await using rig = startRig();
    const stream = opened(rig.feed.conversation(id('a')));
    stream.end();
    stream.end();
    await rig.clock.advance(15_000);
    expect(rig.clock.pendingTimers).toBe(0);
    expect(await stream.next()).toEqual({ value: undefined, done: true });
  });

  it('keeps a reader’s place when the source fails, and tries again at the next heartbeat', async () => {
    await using rig = startRig();
    rig.source.write('a');
    rig.source.failures.push(new Error('disk'));
    const { seen } = follow(opened(rig.feed.conversation(id('a'))));
    await rig.clock.advance(0);
    expect(seen).toEqual([]);
    await rig.clock.advance(15_000);
    expect(seen).toContain('a1');
  });

  it('opens no more streams than it may', async () => {
    await using rig = startRig({ maxStreams: 1 });
    const only = opened(rig.feed.all());
    expect(rig.feed.conversation(id('a'))).toBeUndefined();
    only.end();
    expect(rig.feed.conversation(id('a'))).toBeDefined();
  });

  it('gives every reader every number once and in order, or a gap that counts what is missing', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('write' as const), times: fc.integer({ min: 1, max: 120 }) }),
      fc.record({ do: fc.constant('read' as const), times: fc.integer({ min: 1, max: 40 }) }),
      fc.record({ do: fc.constant('sweep' as const), times: fc.integer({ min: 0, max: 400 }) }),
      fc.record({ do: fc.constant('resume' as const), times: fc.constant(0) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        await using rig = startRig();
        follow(opened(rig.feed.conversation(id('a'))));
        let reader = opened(rig.feed.conversation(id('a'), 0));
        let written = 0;
        let expected = 1;
        const outOfOrder: number[] = [];
        const read = async (times: number): Promise<void> => {
          for (let n = 0; n < times && expected <= written; n++) {
            const { value } = await reader.next();
            if (value?.kind === 'gap') expected += value.missed ?? 0;
            if (value?.kind === 'event') {
              if (value.event.n !== expected) outOfOrder.push(value.event.n);
              expected = value.event.n + 1;
            }
          }
        };
        for (const { do: what, times } of steps) {
          if (what === 'write') {
            for (let n = 0; n < times; n++) rig.source.write('a');
            written += times;
            await rig.clock.advance(0);
          } else if (what === 'read') await read(times);
          else if (what === 'sweep') rig.source.sweep('a', Math.min(times, written - 1));
          else {
            reader.end();
            reader = opened(rig.feed.conversation(id('a'), expected - 1));
          }
        }
        await read(Infinity);
        expect(outOfOrder).toEqual([]);
        expect(expected).toBe(written + 1);
      }),
      { numRuns: Number(process.env['RAPPORT_RUNS'] ?? 15) },
    );
  });
});
