import { createIntake } from '../../intake/create-intake.ts';
import type { Listener } from '../../intake/listener.ts';
import { createSeen } from '../../intake/seen.ts';
import type { ServiceParts } from '../app.ts';
import { Inlet } from '../inlet.ts';
import type { RapportConfig } from '../../config/schema.ts';
import type { Engine } from './engine.ts';
import { findQueueIds, listenToQueues } from './queue-listener.ts';
import type { Rooms } from './rooms.ts';

export interface Inlets {
  readonly inlet: Inlet;
  readonly listener: Listener;
}

/** Opens the ways in: one parser for all of them, and the notification channel of the queues. */
export async function openInlets(
  config: RapportConfig,
  parts: ServiceParts,
  rooms: Rooms & Engine & { readonly stack: AsyncDisposableStack },
): Promise<Inlets> {
  const { clock, random, log } = parts;
  const { client, acceptor, observer, newId, stack } = rooms;
  const queueIds = new Set(await findQueueIds(client, config.listen.queues, parts.signal));
  const inlet = new Inlet({
    intake: createIntake({
      seen: createSeen(config.listen.rememberMax),
      listensTo: ({ queueId }) => queueId !== undefined && queueIds.has(queueId),
    }),
    acceptor,
    observe: async (observation) => {
      await observer.observe(observation);
      if (observation.kind === 'ended') listener.unfollow(observation.conversationId);
    },
    follower: {
      isFollowed: (conversationId) => listener.isFollowed(conversationId),
      follow: (conversationId) => listener.follow(conversationId),
      unfollow: (conversationId) => listener.unfollow(conversationId),
    },
    newId,
  });
  const listener: Listener = stack.use(
    listenToQueues({
      client,
      queueIds: [...queueIds],
      followEvents: config.listen.followEvents,
      maxChannels: config.listen.maxChannels,
      clock,
      random,
      log,
      onFrame: async (frame) => void (await inlet.take(frame)),
      onGap: (gap) => log.warn('listen.gap', { ...gap }),
    }),
  );
  await listener.ready();
  return { inlet, listener };
}
