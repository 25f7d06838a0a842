import { describe, expect, it } from 'vitest';
import { parseConversationId } from '../../domain/ids.ts';
import { silentLog } from '../../lib/log.ts';
import { ManualClock } from '../../lib/manual-clock.ts';
import { FakeNotifications } from '../channel/notifications.fixture.ts';
import { Listener } from './listener.ts';
import { ListeningPost } from './listening-post.ts';

const id = parseConversationId('c1');

function postOn(
  platform: FakeNotifications,
  clock: ManualClock,
): { post: ListeningPost; live: number[] } {
  const live: number[] = [];
  const post = new ListeningPost({
    onLive: (atMs) => live.push(atMs),
    createListener: () =>
      new Listener({
        port: platform,
        connect: platform.connect,
        clock,
        random: () => 0,
        log: silentLog,
        onFrame: async () => undefined,
        onGap: () => undefined,
        topics: ['q'],
        followEvents: ['attributes'],
        maxChannels: 1,
      }),
  });
  return { post, live };
}

describe('ListeningPost', () => {
  it('listens and follows while it is its turn, and tells each time it is live', async () => {
    const clock = new ManualClock(0);
    const platform = new FakeNotifications();
    const { post, live } = postOn(platform, clock);
    expect([post.isManned, post.isLive, post.follow(id)]).toEqual([false, false, false]);
    for (const turn of [1, 2]) {
      const relief = new AbortController();
      const running = post.run(relief.signal);
      expect([post.isManned, post.isLive, post.counts.channels]).toEqual([true, false, 0]);
      await clock.advance(1000);
      expect(live).toHaveLength(turn);
      expect(post.follow(id)).toBe(true);
      expect(post.counts).toMatchObject({ channels: 1, followed: 1 });
      relief.abort();
      await running;
      expect([post.isManned, post.isFollowed(id), platform.openSockets]).toEqual([false, false, 0]);
    }
    await post.firstLive;
    expect(clock.pendingTimers).toBe(0);
  });

  it('lets go while it is still connecting', async () => {
    const clock = new ManualClock(0);
    const platform = new FakeNotifications();
    platform.refusesSockets = 100;
    const { post, live } = postOn(platform, clock);
    const relief = new AbortController();
    const running = post.run(relief.signal);
    await clock.advance(10_000);
    relief.abort();
    await running;
    expect(live).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });
});
