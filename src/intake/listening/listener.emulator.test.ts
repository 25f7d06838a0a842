import { describe, expect, it } from 'vitest';
import { clientOf } from '../../../test/fixtures/client.ts';
import { startEmulator, type Emulator } from '../../emulator/index.ts';
import { parseConversationId } from '../../domain/ids.ts';
import { systemClock } from '../../lib/clock.ts';
import { silentLog } from '../../lib/log.ts';
import type { Gap } from '../channel/ports.ts';
import { connectWebSocket } from '../channel/web-socket.ts';
import { createIntake } from '../create-intake.ts';
import type { RequestDraft } from '../intake.ts';
import { Listener } from './listener.ts';
import { toListenDirectory, toNotificationsPort } from '../platform-ports.ts';
import { resolveListen } from './resolve-listen.ts';
import { createSeen } from '../seen.ts';

/** Things that happen, and a way to wait for the next one that fits. */
class Happenings<T> {
  readonly all: T[] = [];
  #waiting: { readonly fits: (item: T) => boolean; readonly resolve: (item: T) => void }[] = [];

  add(item: T): void {
    this.all.push(item);
    const ready = this.#waiting.filter(({ fits }) => fits(item));
    this.#waiting = this.#waiting.filter((each) => !ready.includes(each));
    for (const { resolve } of ready) resolve(item);
  }

  next(fits: (item: T) => boolean = () => true): Promise<T> {
    return new Promise((resolve) => this.#waiting.push({ fits, resolve }));
  }
}

interface Rig extends AsyncDisposable {
  readonly emulator: Emulator;
  readonly listener: Listener;
  readonly requests: Happenings<RequestDraft>;
  readonly observations: Happenings<string>;
  readonly gaps: Happenings<Gap>;
  readonly states: Happenings<string>;
}

async function startRig(): Promise<Rig> {
  const emulator = await startEmulator();
  const client = clientOf(emulator);
  const targets = await resolveListen(
    {
      maxChannels: 1,
      queues: ['support'],
      users: emulator.control.world().users.map(({ id }) => id),
    },
    toListenDirectory(client.routing, client.users),
    new AbortController().signal,
  );
  const requests = new Happenings<RequestDraft>();
  const observations = new Happenings<string>();
  const gaps = new Happenings<Gap>();
  const states = new Happenings<string>();
  const inlet = createIntake({
    seen: createSeen(),
    listensTo: ({ queueId = '', userId = '' }) =>
      targets.queueIds.has(queueId) || targets.userIds.has(userId),
  });
  const listener = new Listener({
    port: toNotificationsPort(client.notifications),
    connect: connectWebSocket,
    clock: systemClock,
    random: Math.random,
    log: { ...silentLog, info: (event) => states.add(event) },
    topics: targets.topics,
    followEvents: ['attributes', 'customer.end'],
    maxChannels: 2,
    timing: { backoffBaseMs: 5, gatherMs: 1 },
    onGap: (gap) => gaps.add(gap),
    onFrame: async (frame) => {
      const intake = inlet.take(frame);
      if (intake.kind === 'ignored') return;
      inlet.accepted(intake.requests);
      for (const request of intake.requests) requests.add(request);
      for (const observation of intake.observations) observations.add(observation.kind);
    },
  });
  await listener.ready();
  return {
    emulator,
    listener,
    requests,
    observations,
    gaps,
    states,
    async [Symbol.asyncDispose]() {
      await listener[Symbol.asyncDispose]();
      await client[Symbol.asyncDispose]();
      await emulator[Symbol.asyncDispose]();
    },
  };
}

describe('Listener on the emulator', () => {
  it('takes each conversation of a listened queue once, with its customer, and observes the rest', async () => {
    await using rig = await startRig();
    const first = rig.requests.next();
    const { control } = rig.emulator;
    control.start({ queue: 'Sales', from: '+15550000001' });
    const { conversationId, participantId } = control.start({
      queue: 'Support',
      from: '+15550000002',
    });
    expect(await first).toMatchObject({
      conversationId,
      dedupeKey: `seen:${conversationId}:${participantId}`,
      body: { conversation: { id: conversationId } },
    });
    const ended = rig.observations.next((kind) => kind === 'ended');
    control.writeAttributes(conversationId, { 'crm.tier': 'gold' });
    control.end(conversationId);
    await ended;
    expect(rig.requests.all).toHaveLength(1);
  });

  it('follows one conversation’s detail events on the socket, at no request', async () => {
    await using rig = await startRig();
    const { control } = rig.emulator;
    const { conversationId } = control.start({ queue: 'Sales', from: '+15550000001' });
    const before = control.requests().length;
    rig.listener.follow(parseConversationId(conversationId));
    // Written again and again until the subscription is there: the socket tells nobody when that is.
    const seen = rig.observations.next((kind) => kind === 'attributes');
    const writing = setInterval(() => control.writeAttributes(conversationId, { a: 'b' }), 5);
    await seen;
    clearInterval(writing);
    const left = rig.observations.next((kind) => kind === 'customer-left');
    control.end(conversationId);
    await left;
    expect(control.requests().length).toBe(before);
  });

  it('comes back after a cut socket and tells the gap', async () => {
    await using rig = await startRig();
    const gap = rig.gaps.next();
    rig.emulator.control.dropSockets();
    const { fromMs, toMs } = await gap;
    expect(toMs).toBeGreaterThanOrEqual(fromMs);
    const request = rig.requests.next();
    const { conversationId } = rig.emulator.control.start({ queue: 'Support' });
    expect((await request).conversationId).toBe(conversationId);
  });

  it('makes a new channel when its channels and tokens are gone', async () => {
    await using rig = await startRig();
    const live = rig.states.next((event) => event === 'channel.live');
    const ids = (): string[] => rig.emulator.control.world().channels.map(({ id }) => id);
    const before = ids();
    rig.emulator.control.revokeTokens();
    rig.listener.follow(parseConversationId('any'));
    await live;
    expect(ids().filter((id) => !before.includes(id))).toHaveLength(1);
  });

  it('stays live while the platform closes its socket for maintenance', async () => {
    await using rig = await startRig();
    const { control } = rig.emulator;
    const opened = control.world().channels.length;
    expect(control.closeSockets(20)).toBe(1);
    const request = rig.requests.next();
    const calls = setInterval(() => control.start({ queue: 'Support' }), 10);
    await request;
    clearInterval(calls);
    expect(control.world().channels).toHaveLength(opened);
    expect(rig.listener.counts.losses).toBe(0);
  });
});
