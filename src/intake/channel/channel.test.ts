import { describe, expect, it } from 'vitest';
import { silentLog } from '../../lib/log.ts';
import { ManualClock } from '../../lib/manual-clock.ts';
import type { ChannelState } from './channel-state.ts';
import { NotificationChannel, type ChannelOptions } from './channel.ts';
import { FakeNotifications } from './notifications.fixture.ts';
import type { Gap } from './ports.ts';

const HOUR_MS = 3_600_000;
const frame = (n: number): unknown => ({ topicName: 'v2.users.u.conversations', eventBody: { n } });

interface Rig extends AsyncDisposable {
  readonly clock: ManualClock;
  readonly platform: FakeNotifications;
  readonly channel: NotificationChannel;
  readonly frames: unknown[];
  readonly gaps: Gap[];
  readonly states: ChannelState['kind'][];
}

async function startRig(topics: readonly string[], more?: Partial<ChannelOptions>): Promise<Rig> {
  const clock = new ManualClock(0);
  const platform = new FakeNotifications();
  const frames: unknown[] = [];
  const gaps: Gap[] = [];
  const states: ChannelState['kind'][] = [];
  const channel = new NotificationChannel(
    {
      port: platform,
      connect: platform.connect,
      clock,
      random: () => 0,
      log: silentLog,
      onFrame: async (body) => void frames.push(body),
      onGap: (gap) => gaps.push(gap),
      onState: (state) => states.push(state.kind),
      ...more,
    },
    topics,
  );
  await clock.advance(0);
  return {
    clock,
    platform,
    channel,
    frames,
    gaps,
    states,
    async [Symbol.asyncDispose]() {
      await channel[Symbol.asyncDispose]();
      expect(clock.pendingTimers).toBe(0);
      expect(platform.openSockets).toBe(0);
    },
  };
}

/** Lets time pass as a healthy platform does: with a heartbeat every 30 s. */
async function passHealthy({ clock, platform }: Rig, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 30_000) {
    await clock.advance(30_000);
    platform.socket.beat();
  }
}

describe('NotificationChannel', () => {
  it('makes a channel, puts its topics, then opens the socket, and delivers frames in order', async () => {
    await using rig = await startRig(['a', 'b']);
    expect(rig.platform.log).toEqual(['create', 'put ch1 2', 'open ch1']);
    expect(await rig.channel.firstLive).toBe(0);
    rig.platform.socket.beat();
    rig.platform.socket.say(frame(1));
    rig.platform.socket.sayText('not json');
    rig.platform.socket.say(frame(2));
    expect(rig.frames).toEqual([frame(1), frame(2)]);
    expect(rig.channel.counts).toMatchObject({ frames: 2, unreadableFrames: 1, requests: 2 });
  });

  it('goes back to the same channel after a loss and reports since when frames may be missing', async () => {
    await using rig = await startRig(['a']);
    await passHealthy(rig, 120_000);
    await rig.clock.advance(10_000);
    expect(rig.channel.heardUntilMs).toBe(120_000);
    rig.platform.socket.drop();
    await rig.clock.advance(100);
    expect(rig.channel.heardUntilMs).toBe(120_000);
    await rig.clock.advance(900);
    expect(rig.channel.heardUntilMs).toBe(130_250);
    expect(rig.platform.log.slice(3)).toEqual(['exists ch1', 'open ch1']);
    expect(rig.gaps).toEqual([{ fromMs: 120_000, toMs: 130_250, reason: 'channel lost' }]);
    expect(rig.states).toEqual(['live', 'lost', 'connecting', 'live']);
  });

  it('makes a new channel with all topics when the old one is gone', async () => {
    await using rig = await startRig(['a', 'b']);
    rig.platform.socket.drop();
    rig.platform.channels.clear();
    await rig.clock.advance(1000);
    expect(rig.platform.topicsOf('ch2')).toEqual(['a', 'b']);
    expect(rig.gaps).toHaveLength(1);
  });

  it('asks after a silence, and takes the socket for dead when nobody answers', async () => {
    await using rig = await startRig(['a']);
    await rig.clock.advance(45_000);
    expect(rig.platform.socket.sent).toEqual([{ message: 'ping' }]);
    rig.platform.socket.say({ topicName: 'channel.metadata', eventBody: { message: 'pong' } });
    await rig.clock.advance(54_999);
    expect(rig.states).toEqual(['live']);
    await rig.clock.advance(1000);
    expect(rig.states).toEqual(['live', 'lost', 'connecting', 'live']);
    expect(rig.gaps).toEqual([{ fromMs: 45_000, toMs: 100_250, reason: 'channel lost' }]);
  });

  it('backs off longer and longer, keeps one gap over all tries, and honours the server’s number', async () => {
    await using rig = await startRig(['a']);
    rig.platform.refusesSockets = 3;
    rig.platform.socket.drop();
    await rig.clock.advance(250 + 500 + 1000 - 1);
    expect(rig.gaps).toEqual([]);
    const limited = Object.assign(new Error('429'), { details: { retryAfterMs: 30_000 } });
    rig.platform.failures.push(limited);
    await rig.clock.advance(1 + 2000 - 1);
    await rig.clock.advance(29_999);
    expect(rig.gaps).toEqual([]);
    await rig.clock.advance(20_000);
    expect(rig.gaps).toHaveLength(1);
    expect(rig.gaps[0]?.fromMs).toBe(0);
  });

  it('opens the next socket before the announced end of the old one, and that is no loss', async () => {
    await using rig = await startRig(['a']);
    const old = rig.platform.socket;
    old.say({ topicName: 'v2.system.socket_closing', eventBody: {} });
    await rig.clock.advance(0);
    rig.platform.socket.say(frame(1));
    expect(old.closed).toBe(true);
    expect(rig.frames).toEqual([frame(1)]);
    expect(rig.platform.log.slice(3)).toEqual(['open ch1']);
    expect(rig.states).toEqual(['live']);
    expect(rig.channel.counts.losses).toBe(0);
  });

  it('reconnects when the announced end comes and the next socket was refused', async () => {
    await using rig = await startRig(['a']);
    rig.platform.refusesSockets = 1;
    rig.platform.socket.say({ topicName: 'v2.system.socket_closing', eventBody: {} });
    await rig.clock.advance(1000);
    expect(rig.states).toEqual(['live', 'lost', 'connecting', 'live']);
    expect(rig.gaps).toHaveLength(1);
  });

  it('leaves a channel that somebody else keeps taking and makes its own', async () => {
    await using rig = await startRig(['a']);
    rig.platform.socket.drop();
    await rig.clock.advance(1000);
    rig.platform.socket.drop();
    await rig.clock.advance(1000);
    expect(rig.platform.log.filter((line) => line === 'create')).toHaveLength(2);
    expect(rig.platform.topicsOf('ch2')).toEqual(['a']);
  });

  it('puts its topics again before the channel’s 24 hours are over, as often as it takes', async () => {
    await using rig = await startRig(['a']);
    rig.platform.failures.push(new Error('outage'));
    await passHealthy(rig, 18 * HOUR_MS);
    await passHealthy(rig, 60_000);
    expect(rig.platform.log.slice(3)).toEqual(['put ch1 1', 'exists ch1', 'put ch1 1']);
    expect(rig.states.slice(-2)).toEqual(['renewing', 'live']);
    await passHealthy(rig, 18 * HOUR_MS);
    expect(rig.platform.log.at(-1)).toBe('put ch1 1');
    expect(rig.channel.counts.losses).toBe(0);
  });

  it('subscribes on the socket, which costs no request, and gathers what comes together', async () => {
    await using rig = await startRig(['a']);
    rig.channel.want(['b']);
    rig.channel.want(['c', 'd']);
    await rig.clock.advance(50);
    expect(rig.platform.log.slice(3)).toEqual(['in-band ch1 3']);
    expect(rig.platform.topicsOf('ch1')).toEqual(['a', 'b', 'c', 'd']);
    expect(rig.channel.counts).toMatchObject({ requests: 2, inBandMessages: 1 });
  });

  it.each([
    ['400', 0],
    [undefined, 10_000],
  ])('subscribes by request when the socket answers %s', async (result, waitMs) => {
    await using rig = await startRig(['a']);
    rig.platform.inBandResult = result;
    rig.platform.rejects.add('bad');
    rig.channel.want(['b', 'bad']);
    await rig.clock.advance(50 + waitMs);
    expect(rig.platform.log.slice(3)).toEqual(['in-band ch1 2', 'add ch1 2']);
    expect(rig.platform.topicsOf('ch1')).toEqual(['a', 'b']);
    expect(rig.channel.rejected.get('bad')).toMatchObject({ missingPermissions: ['a:b:c'] });
  });

  it('takes a 404 on the socket for the loss of the channel', async () => {
    await using rig = await startRig(['a']);
    rig.platform.inBandResult = '404';
    rig.channel.want(['b']);
    await rig.clock.advance(1000);
    expect(rig.platform.topicsOf('ch2')).toEqual(['a', 'b']);
    expect(rig.gaps).toHaveLength(1);
  });

  it('clears topics that nobody wants once there are many, in one request', async () => {
    await using rig = await startRig(['a']);
    const many = Array.from({ length: 201 }, (_, n) => `t${n}`);
    rig.channel.want(many);
    await rig.clock.advance(50);
    rig.channel.drop(many.slice(1));
    await rig.clock.advance(50);
    expect(rig.platform.log.some((line) => line.startsWith('put ch1 2'))).toBe(false);
    rig.channel.drop(many);
    await rig.clock.advance(50);
    expect(rig.platform.topicsOf('ch1')).toEqual(['a']);
    expect(rig.platform.log.at(-1)).toBe('put ch1 1');
  });

  it('never carries more than 1000 topics: it clears the unwanted when their place is needed', async () => {
    const standing = Array.from({ length: 900 }, (_, n) => `s${n}`);
    await using rig = await startRig(standing);
    const first = Array.from({ length: 100 }, (_, n) => `x${n}`);
    rig.channel.want(first);
    await rig.clock.advance(50);
    expect(() => rig.channel.want(['one more'])).toThrow(RangeError);
    rig.channel.drop(first);
    rig.channel.want(['y']);
    await rig.clock.advance(50);
    expect(rig.platform.topicsOf('ch1')).toEqual([...standing, 'y']);
  });

  it('stops reading while too many frames are in hand, and goes on when they are dealt with', async () => {
    const held: (() => void)[] = [];
    const onFrame = (): Promise<void> => new Promise((resolve) => held.push(resolve));
    await using rig = await startRig(['a'], { onFrame });
    for (let n = 0; n < 512; n++) rig.platform.socket.say(frame(n));
    expect(rig.platform.socket.paused).toBe(true);
    expect(rig.channel.heardUntilMs).toBeUndefined();
    await rig.clock.advance(600_000);
    expect(rig.states).toEqual(['live']);
    for (const done of held) done();
    await rig.clock.advance(0);
    expect(rig.platform.socket.paused).toBe(false);
  });

  it('survives a handler that fails and reports that time as a gap', async () => {
    let failing = true;
    const onFrame = async (): Promise<void> => {
      if (failing) throw new Error('ledger is full');
    };
    await using rig = await startRig(['a'], { onFrame });
    await rig.clock.advance(1000);
    rig.platform.socket.say(frame(1));
    await rig.clock.advance(1000);
    rig.platform.socket.say(frame(2));
    failing = false;
    await rig.clock.advance(1000);
    expect(rig.channel.heardUntilMs).toBe(1000);
    rig.platform.socket.beat();
    rig.platform.socket.beat();
    expect(rig.gaps).toEqual([{ fromMs: 1000, toMs: 3000, reason: 'frames could not be taken' }]);
    expect(rig.channel.counts.failedFrames).toBe(2);
  });

  it('closes while it waits to reconnect, leaving nothing behind', async () => {
    await using rig = await startRig(['a']);
    rig.platform.refusesSockets = 100;
    rig.platform.socket.drop();
    await rig.clock.advance(5000);
    await rig.channel[Symbol.asyncDispose]();
    expect(rig.channel.state.kind).toBe('closed');
  });
});
