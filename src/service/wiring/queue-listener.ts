import { queueConversationsTopic } from '../../domain/topic.ts';
import type { GenesysClient } from '../../genesys/client.ts';
import type { Gap } from '../../intake/channel/ports.ts';
import { connectWebSocket } from '../../intake/channel/web-socket.ts';
import { Listener } from '../../intake/listener.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { createNotificationsPort } from './notifications-port.ts';

export interface QueueListenerParts {
  readonly client: GenesysClient;
  readonly queueIds: readonly string[];
  /** Detail events to follow single conversations by. */
  readonly followEvents: readonly string[];
  readonly maxChannels: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly onFrame: (frame: unknown) => Promise<void>;
  readonly onGap: (gap: Gap) => void;
}

/**
 * The ids of queues given by name or id.
 *
 * @throws {RapportError} when a queue does not exist, with the names that come near
 */
export async function findQueueIds(
  client: GenesysClient,
  queues: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const found = await Promise.all(
    queues.map((queue) => client.routing.findQueue(queue, { signal, lane: 'live' })),
  );
  return [...new Set(found.map((queue) => queue.id))];
}

/** Begins to listen to the queues' conversations; `ready()` resolves when their frames flow. */
export function listenToQueues(parts: QueueListenerParts): Listener {
  const { client, queueIds, ...rest } = parts;
  return new Listener({
    ...rest,
    port: createNotificationsPort(client.notifications),
    connect: connectWebSocket,
    topics: queueIds.map(queueConversationsTopic),
  });
}
