/** What a notification topic is about, as far as Rapport reads it. */
export type Topic =
  | { readonly kind: 'queue-conversations'; readonly queueId: string }
  | { readonly kind: 'user-conversations'; readonly userId: string }
  | { readonly kind: 'detail-event'; readonly conversationId: string; readonly event: string }
  | { readonly kind: 'channel-metadata' }
  | { readonly kind: 'socket-closing' }
  | { readonly kind: 'other'; readonly name: string };

// The per-media variants carry the same conversation with flattened participants.
const QUEUE =
  /^v2\.routing\.queues\.([^.?]+)\.conversations(?:\.(?:calls|callbacks|emails|messages))?$/;
const USER = /^v2\.users\.([^.?]+)\.conversations(?:\.(?:calls|callbacks|emails|messages))?$/;
const DETAIL = /^v2\.detail\.events\.conversation\.([^.?]+)\.([a-z.]+)$/;

export function parseTopic(name: string): Topic {
  const queue = QUEUE.exec(name)?.[1];
  if (queue !== undefined) return { kind: 'queue-conversations', queueId: queue };
  const user = USER.exec(name)?.[1];
  if (user !== undefined) return { kind: 'user-conversations', userId: user };
  const detail = DETAIL.exec(name);
  if (detail?.[1] !== undefined && detail[2] !== undefined) {
    return { kind: 'detail-event', conversationId: detail[1], event: detail[2] };
  }
  if (name === 'channel.metadata') return { kind: 'channel-metadata' };
  if (name === 'v2.system.socket_closing') return { kind: 'socket-closing' };
  return { kind: 'other', name };
}

export const queueConversationsTopic = (queueId: string): string =>
  `v2.routing.queues.${queueId}.conversations`;
export const userConversationsTopic = (userId: string): string =>
  `v2.users.${userId}.conversations`;
export const detailEventTopic = (conversationId: string, event: string): string =>
  `v2.detail.events.conversation.${conversationId}.${event}`;
