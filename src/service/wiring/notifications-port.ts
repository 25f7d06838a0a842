import type { NotificationsApi, Subscription } from '../../genesys/api/notifications.ts';
import type { NotificationsPort, TopicVerdict } from '../../intake/channel/ports.ts';

/** Fits the platform client's notification calls to the channel. */
export function createNotificationsPort(notifications: NotificationsApi): NotificationsPort {
  return {
    createChannel: (signal) => notifications.createChannel({ signal, lane: 'live' }),
    channelExists: (id, signal) => notifications.hasChannel(id, { signal, lane: 'live' }),
    putTopics: async (id, topics, signal) =>
      toVerdicts(await notifications.replaceSubscriptions(id, topics, { signal, lane: 'live' })),
    addTopics: async (id, topics, signal) =>
      toVerdicts(await notifications.addSubscriptions(id, topics, { signal, lane: 'live' })),
  };
}

function toVerdicts(subscriptions: readonly Subscription[]): readonly TopicVerdict[] {
  return subscriptions.map(({ topic, state, rejectionReason, missingPermissions }) => ({
    topic,
    rejected: state === 'Rejected',
    reason: rejectionReason,
    missingPermissions,
  }));
}
