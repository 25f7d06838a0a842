import { createIntake } from '../../intake/create-intake.ts';
import type { Listener } from '../../intake/listener.ts';
import { createSeen } from '../../intake/seen.ts';
import type { ServiceParts } from '../app.ts';
import { Inlet } from '../inlet.ts';
import type { ServiceSettings } from '../settings.ts';
import type { Engine } from './engine.ts';
import { findQueueIds, listenToQueues } from './queue-listener.ts';
import type { Rooms } from './rooms.ts';

export interface Inlets {
  readonly inlet: Inlet;
  readonly listener: Listener;
}

/** Opens the ways in: one parser for all of them, and the notification channel of the queues. */
export async function openInlets(
  settings: ServiceSettings,
  parts: ServiceParts,
  rooms: Rooms & Engine & { readonly stack: AsyncDisposableStack },
): Promise<Inlets> {
  const { clock, random, log } = parts;
  const { client, acceptor, observer, newId, stack } = rooms;
  const queueIds = new Set(await findQueueIds(client, settings.listen.queues, parts.signal));
  const inlet = new Inlet({
    intake: createIntake({
      seen: createSeen(),
      listensTo: ({ queueId }) => queueId !== undefined && queueIds.has(queueId),
    }),
    acceptor,
    observe: (observation) => observer.observe(observation),
    newId,
  });
  const listener = stack.use(
    listenToQueues({
      client,
      queueIds: [...queueIds],
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
