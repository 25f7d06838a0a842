/** What an operation asks of the OAuth client. */
export interface OperationNeeds {
  /** Any one of them does; none are needed when the list is empty. */
  readonly permissions: readonly string[];
  /** For a user's token; a service's token has roles instead. Any one of them does. */
  readonly scopes: readonly string[];
}

const READ_CONVERSATIONS = ['conversations', 'conversations:readonly'];
const WRITE_CONVERSATIONS = ['conversations'];
const PART = [
  'conversation:participant:wrapup',
  'conversation:call:record',
  'conversation:communication:disconnect',
];
const DISCONNECT = ['conversation:communication:disconnect'];
const ANALYTICS = [
  'analytics:conversationDetail:view',
  'analytics:agentConversationDetail:view',
] as const;

/** The four media alike, but for permissions that one of them has in addition. */
const byMedia = (
  name: (media: string) => string,
  needs: OperationNeeds,
  extra: Readonly<Record<string, string>> = {},
): readonly (readonly [string, OperationNeeds])[] =>
  ['Call', 'Message', 'Callback', 'Email'].map((media) => {
    const more = extra[media] === undefined ? [] : [extra[media]];
    return [name(media), { ...needs, permissions: [...needs.permissions, ...more] }];
  });

/**
 * Every operation that this client uses, by its name in the API reference. Source: the platform's
 * API description of July 2026 (`x-inin-requires-permissions`, `security`), read 2026-11-20; users
 * and analytics jobs from its SDK's documentation of the same month.
 */
export const OPERATION_NEEDS: ReadonlyMap<string, OperationNeeds> = new Map<string, OperationNeeds>(
  [
    [
      'getConversation',
      { permissions: ['conversation:communication:view'], scopes: READ_CONVERSATIONS },
    ],
    ...byMedia((media) => `getConversations${media}`, {
      permissions: [],
      scopes: READ_CONVERSATIONS,
    }),
    ...byMedia(
      (media) => `patchConversations${media}`,
      { permissions: DISCONNECT, scopes: WRITE_CONVERSATIONS },
      { Message: 'conversation:message:park' },
    ),
    ['postConversationDisconnect', { permissions: DISCONNECT, scopes: WRITE_CONVERSATIONS }],
    ['patchConversationParticipant', { permissions: PART, scopes: WRITE_CONVERSATIONS }],
    ...byMedia(
      (media) => `patchConversations${media}Participant`,
      { permissions: PART, scopes: WRITE_CONVERSATIONS },
      { Email: 'conversation:email:park' },
    ),
    ['patchConversationParticipantAttributes', { permissions: [], scopes: WRITE_CONVERSATIONS }],
    ...byMedia((media) => `patchConversations${media}ParticipantAttributes`, {
      permissions: [],
      scopes: WRITE_CONVERSATIONS,
    }),
    [
      'getConversationSecureattributes',
      { permissions: ['conversation:participant:attributesview'], scopes: READ_CONVERSATIONS },
    ],
    [
      'patchConversationSecureattributes',
      { permissions: ['conversation:participant:attributesedit'], scopes: WRITE_CONVERSATIONS },
    ],
    [
      'postConversationsCallbacks',
      { permissions: ['conversation:callback:create'], scopes: WRITE_CONVERSATIONS },
    ],
    [
      'postConversationsEmails',
      { permissions: ['conversation:email:create'], scopes: WRITE_CONVERSATIONS },
    ],
    [
      'postConversationsMessageInboundOpenMessage',
      { permissions: ['conversation:message:receive'], scopes: WRITE_CONVERSATIONS },
    ],
    [
      'getFlow',
      { permissions: ['architect:flow:view'], scopes: ['architect', 'architect:readonly'] },
    ],
    [
      'getFlowVersion',
      { permissions: ['architect:flow:view'], scopes: ['architect', 'architect:readonly'] },
    ],
    [
      'getFlows',
      { permissions: ['architect:flow:view'], scopes: ['architect', 'architect:readonly'] },
    ],
    [
      'getRoutingQueue',
      { permissions: ['routing:queue:view'], scopes: ['routing', 'routing:readonly'] },
    ],
    [
      'getRoutingQueues',
      { permissions: ['routing:queue:view'], scopes: ['routing', 'routing:readonly'] },
    ],
    ['getUser', { permissions: [], scopes: ['users', 'users:readonly'] }],
    ['postUsersSearch', { permissions: [], scopes: ['users', 'users:readonly'] }],
    ['getUsersMe', { permissions: [], scopes: ['user-basic-info'] }],
    ['getTokensMe', { permissions: [], scopes: ['user-basic-info'] }],
    ['postNotificationsChannels', { permissions: [], scopes: ['notifications'] }],
    ['headNotificationsChannel', { permissions: [], scopes: ['notifications'] }],
    ...['get', 'post', 'put', 'delete'].map((verb): readonly [string, OperationNeeds] => [
      `${verb}NotificationsChannelSubscriptions`,
      { permissions: [], scopes: ['notifications'] },
    ]),
    [
      'postAnalyticsConversationsDetailsQuery',
      { permissions: ANALYTICS, scopes: ['analytics', 'analytics:readonly'] },
    ],
    [
      'postAnalyticsConversationsDetailsJobs',
      { permissions: [ANALYTICS[0]], scopes: ['analytics', 'analytics:readonly'] },
    ],
    [
      'getAnalyticsConversationsDetailsJob',
      { permissions: [ANALYTICS[0]], scopes: ['analytics', 'analytics:readonly'] },
    ],
    [
      'getAnalyticsConversationsDetailsJobResults',
      { permissions: [ANALYTICS[0]], scopes: ['analytics', 'analytics:readonly'] },
    ],
  ],
);

/** The needs of an operation as a sentence; empty when nothing is known of it. */
export function describeNeeds(operation: string): string {
  const needs = OPERATION_NEEDS.get(operation);
  if (needs === undefined) return '';
  const scopes = `a user’s token needs scope ${needs.scopes.join(' or ')}`;
  return needs.permissions.length === 0
    ? `${operation} needs no permission; ${scopes}. `
    : `${operation} needs permission ${needs.permissions.join(' or ')}; ${scopes}. `;
}
