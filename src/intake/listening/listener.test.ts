import { describe, expect, it } from 'vitest';
import { parseConversationId } from '../../domain/ids.ts';
import { silentLog } from '../../lib/log.ts';
import { ManualClock } from '../../lib/manual-clock.ts';
import { FakeNotifications } from '../channel/notifications.fixture.ts';
import { Listener, type ListenerOptions } from './listener.ts';

const topicsTo = (count: number): string[] => Array.from({ length: count }, (_, n) => `t${n}`);
const conversation = (n: number): ReturnType<typeof parseConversationId> =>
  parseConversationId(`c${n}`);

interface Rig extends AsyncDisposable {
  readonly clock: ManualClock;
  readonly platform: FakeNotifications;
  readonly listener: Listener;
}

async function startRig(more: Partial<ListenerOptions>): Promise<Rig> {
  const clock = new ManualClock(0);
  const platform = new FakeNotifications();
  const listener = new Listener({
    port: platform,
    connect: platform.connect,
    clock,
    random: () => 0,
    log: silentLog,
    onFrame: async () => undefined,
    onGap: () => undefined,
    topics: [],
    followEvents: ['attributes', 'flow.end'],
    maxChannels: 3,
    ...more,
  });
  await clock.advance(0);
  return {
    clock,
    platform,
    listener,
    async [Symbol.asyncDispose]() {
      await listener[Symbol.asyncDispose]();
      expect(clock.pendingTimers).toBe(0);
      expect(platform.openSockets).toBe(0);
    },
  };
}

describe('Listener', () => {
  it('splits topics into channels of 1000 and is ready when all of them are live', async () => {
    await using rig = await startRig({ topics: topicsTo(2001) });
    await rig.listener.ready();
    expect(rig.platform.topicsOf('ch1')).toHaveLength(1000);
    expect(rig.platform.topicsOf('ch3')).toEqual(['t2000']);
    expect(rig.listener.counts).toMatchObject({ channels: 3, topics: 2001 });
  });

  it('is not live while any of its channels is lost', async () => {
    await using rig = await startRig({ topics: topicsTo(1001) });
    expect(rig.listener.isLive).toBe(true);
    rig.platform.channels.get('ch2')?.socket?.drop();
    await rig.clock.advance(0);
    expect(rig.listener.counts).toMatchObject({ channels: 1, topics: 1001 });
    expect(rig.listener.isLive).toBe(false);
    await rig.clock.advance(1000);
    expect(rig.listener.isLive).toBe(true);
  });

  it('refuses topics that do not fit into the channels it may have', async () => {
    await expect(startRig({ topics: topicsTo(1001), maxChannels: 1 })).rejects.toThrow(
      '1001 topics need 2 channels',
    );
  });

  it('follows a conversation beside the standing topics, once, and lets it go again', async () => {
    await using rig = await startRig({ topics: ['q'] });
    expect(rig.listener.follow(conversation(1))).toBe(true);
    expect(rig.listener.follow(conversation(1))).toBe(true);
    await rig.clock.advance(50);
    expect(rig.platform.topicsOf('ch1')).toEqual([
      'q',
      'v2.detail.events.conversation.c1.attributes',
      'v2.detail.events.conversation.c1.flow.end',
    ]);
    expect(rig.platform.log.slice(3)).toEqual(['in-band ch1 2']);
    rig.listener.unfollow(conversation(1));
    expect(rig.listener.counts).toMatchObject({ topics: 1, followed: 0 });
  });

  it('covers a conversation once the platform has said that its events come, or while a queue shows it', async () => {
    await using rig = await startRig({ topics: ['q'] });
    rig.listener.follow(conversation(1));
    rig.listener.follow(conversation(2), { isShown: true });
    const covered = (): boolean[] => [1, 2, 3].map((n) => rig.listener.isCovered(conversation(n)));
    expect(covered()).toEqual([false, true, false]);
    await rig.clock.advance(50);
    expect(covered()).toEqual([true, true, false]);
    rig.platform.refusesSockets = 1;
    rig.platform.socket.drop();
    await rig.clock.advance(0);
    expect(covered()).toEqual([false, false, false]);
    expect(rig.listener.isFollowed(conversation(1))).toBe(true);
  });

  it('refuses to follow what it has no room for at all', async () => {
    await using rig = await startRig({ topics: topicsTo(1000), maxChannels: 1 });
    expect(rig.listener.follow(conversation(1))).toBe(false);
    expect(rig.listener.follow(conversation(2), { isShown: true })).toBe(true);
    expect(rig.listener.counts).toMatchObject({ followed: 1, notFollowed: 1 });
  });

  it('opens a further channel when one is full, lets go of a twentieth that is followed longest, and closes what is empty', async () => {
    await using rig = await startRig({ topics: topicsTo(999), maxChannels: 2 });
    for (let n = 0; n < 501; n++) expect(rig.listener.follow(conversation(n))).toBe(true);
    expect(rig.listener.isFollowed(conversation(24))).toBe(false);
    expect(rig.listener.isFollowed(conversation(25))).toBe(true);
    await rig.clock.advance(50);
    expect(rig.platform.openSockets).toBe(2);
    expect(rig.listener.counts).toMatchObject({ channels: 2, followed: 476, letGo: 25 });
    for (let n = 0; n < 501; n++) rig.listener.unfollow(conversation(n));
    await rig.clock.advance(50);
    expect(rig.platform.openSockets).toBe(1);
    expect(rig.listener.counts).toMatchObject({ channels: 1, topics: 999 });
  });

  it('names the topics that the platform refuses', async () => {
    const platform = new FakeNotifications();
    platform.rejects.add('q2');
    await using rig = await startRig({
      topics: ['q1', 'q2'],
      port: platform,
      connect: platform.connect,
    });
    expect(rig.listener.rejected).toEqual([
      { topic: 'q2', rejected: true, reason: 'missing permission', missingPermissions: ['a:b:c'] },
    ]);
  });
});
