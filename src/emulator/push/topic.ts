import { MEDIA } from '../world/model.ts';

/** What a topic needs of whoever subscribes. */
export interface TopicNeeds {
  /** Concrete topic names; a combined topic has several. */
  readonly names: readonly string[];
  readonly queueId?: string | undefined;
  readonly userId?: string | undefined;
  readonly permission: string;
}

const CONVERSATIONS: ReadonlySet<string> = new Set([
  'conversations',
  ...MEDIA.map((media) => `conversations.${media}`),
]);

// Assumed: the contract's sheet of topics names no permissions.
const CONVERSATION_VIEW = 'conversation:communication:view';
const DETAIL_VIEW = 'analytics:conversationDetail:view';

/** Topics of a user that may be subscribed and on which the emulator never says anything. */
const SILENT_USER_TOPICS: ReadonlySet<string> = new Set([
  'activity',
  'conversationsummary',
  'conversations.chats',
  'outofoffice',
  'presence',
  'routingStatus',
  'station',
  'geolocation',
]);

const DETAIL_EVENTS: ReadonlySet<string> = new Set([
  'acd.end',
  'acd.start',
  'acw',
  'attributes',
  'contact',
  'customer.end',
  'customer.start',
  'flow.end',
  'flow.outcome',
  'flow.start',
  'outbound',
  'user.end',
  'user.start',
  'voicemail.end',
  'voicemail.start',
  'wrapup',
]);

/** Every topic of a channel, with what it needs and who else carries it. */
export const TOPIC_TEMPLATES: readonly {
  readonly id: string;
  readonly permission: string;
  readonly transports: readonly string[];
}[] = [
  ...[...CONVERSATIONS].flatMap((name) =>
    ['v2.routing.queues', 'v2.users'].map((owner) => ({
      id: `${owner}.{id}.${name}`,
      permission: CONVERSATION_VIEW,
      transports: ['All'],
    })),
  ),
  ...[...DETAIL_EVENTS].map((name) => ({
    id: `v2.detail.events.conversation.{id}.${name}`,
    permission: DETAIL_VIEW,
    transports: ['Websocket', 'EventBridge', 'ProcessAutomation'],
  })),
];

const QUEUE = /^v2\.routing\.queues\.([\w-]+)\.([\w.]+)$/;
const USER = /^v2\.users\.([\w-]+)\.([\w.]+)$/;
const COMBINED = /^(v2\.(?:users|routing\.queues)\.[\w-]+)\?([\w.&]+)$/;
const DETAIL = /^v2\.detail\.events\.conversation\.([\w-]+)\.([a-z.]+)$/;

/**
 * Reads a topic as a channel takes it: with concrete ids, combined or not. A wildcard (`*` or a
 * literal `{id}`) is no topic of a channel.
 *
 * @returns undefined when the platform has no such topic, as far as the emulator knows
 */
export function parseTopicId(id: string): TopicNeeds | undefined {
  const combined = COMBINED.exec(id);
  if (combined?.[1] !== undefined && combined[2] !== undefined) {
    const parts = combined[2].split('&').map((name) => parseOne(`${combined[1]}.${name}`));
    const known = parts.filter((part) => part !== undefined);
    if (known.length !== parts.length || known[0] === undefined) return undefined;
    return { ...known[0], names: known.flatMap((part) => part.names) };
  }
  return parseOne(id);
}

function parseOne(id: string): TopicNeeds | undefined {
  const queue = QUEUE.exec(id);
  if (queue?.[2] !== undefined) {
    if (!CONVERSATIONS.has(queue[2])) return undefined;
    return { names: [id], queueId: queue[1], permission: CONVERSATION_VIEW };
  }
  const user = USER.exec(id);
  if (user?.[2] !== undefined) {
    if (!CONVERSATIONS.has(user[2]) && !SILENT_USER_TOPICS.has(user[2])) return undefined;
    return { names: [id], userId: user[1], permission: CONVERSATION_VIEW };
  }
  const detail = DETAIL.exec(id);
  if (detail?.[2] === undefined || !DETAIL_EVENTS.has(detail[2])) return undefined;
  return { names: [id], permission: DETAIL_VIEW };
}
