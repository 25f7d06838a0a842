import type { CallOptions } from '../genesys/request/platform-request.ts';
import type { NotificationsApi, Subscription } from '../genesys/api/notifications.ts';
import type { RoutingApi } from '../genesys/api/routing.ts';
import type { UsersApi } from '../genesys/api/users.ts';
import type { NotificationsPort, TopicVerdict } from './channel/ports.ts';
import type { ListenDirectory } from './listening/resolve-listen.ts';

/** Listening comes before everything that it brings in. */
const optionsOf = (signal: AbortSignal): CallOptions => ({ signal, lane: 'live' });

/** The platform's notification API as a channel needs it. */
export function toNotificationsPort(api: NotificationsApi): NotificationsPort {
  return {
    createChannel: (signal) => api.createChannel(optionsOf(signal)),
    channelExists: (id, signal) => api.hasChannel(id, optionsOf(signal)),
    putTopics: async (id, topics, signal) =>
      (await api.replaceSubscriptions(id, topics, optionsOf(signal))).map(toVerdict),
    addTopics: async (id, topics, signal) =>
      (await api.addSubscriptions(id, topics, optionsOf(signal))).map(toVerdict),
  };
}

export function toListenDirectory(routing: RoutingApi, users: UsersApi): ListenDirectory {
  return {
    findQueue: (name, signal) => routing.findQueue(name, optionsOf(signal)),
    findUser: (name, signal) => users.find(name, optionsOf(signal)),
  };
}

function toVerdict(subscription: Subscription): TopicVerdict {
  const { topic, state, rejectionReason: reason, missingPermissions } = subscription;
  return { topic, rejected: state === 'Rejected', reason, missingPermissions };
}
