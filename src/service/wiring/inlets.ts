import type { RapportConfig } from '../../config/schema.ts';
import { connectWebSocket } from '../../intake/channel/web-socket.ts';
import { createIntake } from '../../intake/create-intake.ts';
import { Listener } from '../../intake/listener.ts';
import { toListenDirectory, toNotificationsPort } from '../../intake/platform-ports.ts';
import { resolveListen } from '../../intake/resolve-listen.ts';
import { createSeen } from '../../intake/seen.ts';
import type { ServiceParts } from '../app.ts';
import { Inlet } from '../inlet.ts';
import type { Engine } from './engine.ts';
import { createGapFiller, lastSeenAt } from './gap-filler.ts';
import type { Rooms } from './rooms.ts';

export interface Inlets {
  readonly inlet: Inlet;
  readonly listener: Listener;
}

/** Opens the ways in: one parser for all of them, and the channels of queues and users. */
export async function openInlets(
  config: RapportConfig,
  parts: ServiceParts,
  rooms: Rooms & Engine & { readonly stack: AsyncDisposableStack },
): Promise<Inlets> {
  const { client, acceptor, observer, newId, stack, ledger } = rooms;
  const directory = toListenDirectory(client.routing, client.users);
  const targets = await resolveListen(config.listen, directory, parts.signal);
  const intake = createIntake({
    seen: createSeen(config.listen.rememberMax),
    listensTo: ({ queueId, userId }) =>
      (queueId !== undefined && targets.queueIds.has(queueId)) ||
      (userId !== undefined && targets.userIds.has(userId)),
  });
  const gaps = stack.use(createGapFiller(parts, { client, targets, intake, inlet: () => inlet }));
  const inlet = new Inlet({
    intake,
    acceptor,
    observe: async (observation) => {
      await observer.observe(observation);
      const { kind, conversationId } = observation;
      if (kind === 'ended') listener.unfollow(conversationId);
      else if (kind === 'conversation' && listener.isFollowed(conversationId)) {
        listener.follow(conversationId, { isShown: true });
      }
    },
    follower: {
      isFollowed: (conversationId) => listener.isFollowed(conversationId),
      follow: (conversationId, options) => listener.follow(conversationId, options),
      unfollow: (conversationId) => listener.unfollow(conversationId),
    },
    newId,
  });
  // Read before anything can come in, or this start itself would count as having seen events.
  const stoppedAt = await lastSeenAt(ledger);
  const listener: Listener = stack.use(
    new Listener({
      ...parts,
      port: toNotificationsPort(client.notifications),
      connect: connectWebSocket,
      topics: targets.topics,
      followEvents: config.listen.followEvents,
      maxChannels: config.listen.maxChannels,
      onFrame: async (frame) => void (await inlet.take(frame)),
      onGap: (gap) => gaps.add(gap),
    }),
  );
  const liveAt = await listener.ready();
  if (stoppedAt !== undefined && targets.topics.length > 0) {
    gaps.add({ fromMs: stoppedAt, toMs: Math.max(liveAt, stoppedAt), reason: 'stopped' });
  }
  return { inlet, listener };
}
