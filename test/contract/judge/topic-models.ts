import { readFileSync } from 'node:fs';

/**
 * Which of the SDK's models the events of a topic have: `{id}` stands for one part. Source: the
 * platform's list of notification topics, August 2026.
 */
export const TOPIC_MODELS: Readonly<Record<string, string>> = {
  'v2.detail.events.conversation.{id}.acd.end': 'AcdEndDetailEventTopicAcdEndEvent',
  'v2.detail.events.conversation.{id}.acd.start': 'AcdStartDetailEventTopicAcdStartEvent',
  'v2.detail.events.conversation.{id}.acw': 'AcwDetailEventTopicAfterCallWorkEvent',
  'v2.detail.events.conversation.{id}.attributes': 'AttributeDetailEventTopicAttributeUpdateEvent',
  'v2.detail.events.conversation.{id}.contact': 'ContactDetailEventTopicContactUpdateEvent',
  'v2.detail.events.conversation.{id}.customer.end': 'CustomerEndDetailEventTopicCustomerEndEvent',
  'v2.detail.events.conversation.{id}.customer.start':
    'CustomerStartDetailEventTopicCustomerStartEvent',
  'v2.detail.events.conversation.{id}.flow.end': 'FlowEndDetailEventTopicFlowEndEvent',
  'v2.detail.events.conversation.{id}.flow.outcome': 'FlowOutcomeDetailEventTopicFlowOutcomeEvent',
  'v2.detail.events.conversation.{id}.flow.start': 'FlowStartDetailEventTopicFlowStartEvent',
  'v2.detail.events.conversation.{id}.outbound': 'OutboundDetailEventTopicOutboundInitEvent',
  'v2.detail.events.conversation.{id}.user.end': 'UserEndDetailEventTopicUserEndEvent',
  'v2.detail.events.conversation.{id}.user.start': 'UserStartDetailEventTopicUserStartEvent',
  'v2.detail.events.conversation.{id}.voicemail.end':
    'VoicemailEndDetailEventTopicVoicemailEndEvent',
  'v2.detail.events.conversation.{id}.voicemail.start':
    'VoicemailStartDetailEventTopicVoicemailStartEvent',
  'v2.detail.events.conversation.{id}.wrapup': 'WrapupDetailEventTopicWrapupEvent',
  'v2.routing.queues.{id}.conversations': 'QueueConversationEventTopicConversation',
  'v2.routing.queues.{id}.conversations.callbacks':
    'QueueConversationCallbackEventTopicCallbackConversation',
  'v2.routing.queues.{id}.conversations.calls': 'QueueConversationCallEventTopicCallConversation',
  'v2.routing.queues.{id}.conversations.emails':
    'QueueConversationEmailEventTopicEmailConversation',
  'v2.routing.queues.{id}.conversations.messages':
    'QueueConversationMessageEventTopicMessageConversation',
  'v2.system.no_longer_subscribed.{id}': 'SystemMessageSystemMessage',
  'v2.system.socket_closing': 'SystemMessageSystemMessage',
  'v2.system.token_revoked.{id}': 'SystemMessageSystemMessage',
  'v2.users.{id}.conversations': 'ConversationEventTopicConversation',
  'v2.users.{id}.conversations.callbacks': 'ConversationCallbackEventTopicCallbackConversation',
  'v2.users.{id}.conversations.calls': 'ConversationCallEventTopicCallConversation',
  'v2.users.{id}.conversations.emails': 'ConversationEmailEventTopicEmailConversation',
  'v2.users.{id}.conversations.messages': 'ConversationMessageEventTopicMessageConversation',
  'v2.users.{id}.conversationsummary': 'UserConversationsEventUserConversationSummary',
  'v2.users.{id}.presence': 'PresenceEventUserPresence',
  'v2.users.{id}.routingStatus': 'UserRoutingStatusUserRoutingStatus',
};

/** Reads such a list: `{"notifications": [{"topic", "class"}]}`. */
export function readTopicModels(file: string): Readonly<Record<string, string>> {
  const { notifications } = JSON.parse(readFileSync(file, 'utf8')) as {
    notifications: readonly { readonly topic: string; readonly class: string }[];
  };
  return Object.fromEntries(notifications.map((entry) => [entry.topic, entry.class]));
}

/** Finds the model of a concrete topic. */
export function createTopicLookup(
  models: Readonly<Record<string, string>>,
): (topic: string) => string | undefined {
  const entries = Object.entries(models).map(([template, model]) => ({
    model,
    pattern: new RegExp(`^${template.replaceAll('.', '\\.').replaceAll('{id}', '[^.]+')}$`),
  }));
  const known = new Map<string, string | undefined>();
  return (topic) => {
    if (!known.has(topic)) {
      known.set(topic, entries.find(({ pattern }) => pattern.test(topic))?.model);
    }
    return known.get(topic);
  };
}
