import type { AttributeEntry } from '../domain/attribute-entry.ts';
import type { ConversationId, TraceId } from '../domain/ids.ts';
import { LOST_STATES } from '../domain/outcome.ts';
import {
  analyticsMessage,
  type AnalyticsAttribute,
  type AnalyticsEventType,
} from '../delivery/analytics-message.ts';
import { ANALYTICS_NAME, type DestinationOptions } from '../delivery/options.ts';
import type { OutboxDraft } from '../ledger/turn.ts';
import type { KeyMessage } from '../writeback/turn/effects.ts';
import type { ValueMemory } from '../writeback/value-memory.ts';

/** Where outcomes are sent, by the names under which messages stand in the outbox. */
export function destinationsOf({
  analytics,
  webhooks,
}: Destinations): Readonly<Record<string, DestinationOptions>> {
  return analytics === undefined ? webhooks : { ...webhooks, [ANALYTICS_NAME]: analytics };
}

/** The sections of a configuration that name them. */
export interface Destinations {
  readonly analytics?: DestinationOptions | undefined;
  readonly webhooks: Readonly<Record<string, DestinationOptions>>;
}

/** What is to be told, and of which conversation. */
export interface News {
  readonly conversationId: ConversationId;
  readonly messages: readonly KeyMessage[];
  readonly entries: readonly AttributeEntry[];
  /** Set when a turn came to nothing. */
  readonly failed?: { readonly traceId: TraceId } | undefined;
  /** Epoch milliseconds of the store's clock. */
  readonly at: number;
}

/** Puts news into messages for the outbox, where they are committed together with what they tell. */
export type ToOutbox = (news: News) => readonly OutboxDraft[];

/** Each destination is told by messages of its own. Without any nobody is told, and nothing is kept for nobody. */
export function createAnalytics(from: Destinations, values: ValueMemory): ToOutbox {
  const all = Object.entries(destinationsOf(from)).map(([name, destination]) =>
    tellingOf(name, destination, values),
  );
  return (news) => all.flatMap((tell) => tell(news));
}

function tellingOf(
  name: string,
  destination: Pick<DestinationOptions, 'personal'>,
  values: ValueMemory,
): ToOutbox {
  return ({ conversationId, messages, entries, failed, at }) => {
    const told = messages.map((message) =>
      analyticsMessage(name, destination, {
        type: typeOf(message),
        conversationId,
        attributes: attributesOf(message, entries, values),
        // A message names the enrichment that it is about by its trace.
        traceId: message.turn as TraceId,
        at,
      }),
    );
    if (failed === undefined) return told;
    const event = {
      type: 'conversation.attributes.failed',
      conversationId,
      attributes: [],
      at,
    } as const;
    return [...told, analyticsMessage(name, destination, { ...event, ...failed })];
  };
}

function typeOf({ type, keys }: KeyMessage): AnalyticsEventType {
  switch (type) {
    case 'enriched':
      return keys.every(({ state }) => LOST_STATES.has(state))
        ? 'conversation.attributes.failed'
        : 'conversation.attributes.enriched';
    case 'overwritten':
      return 'conversation.attributes.overwritten';
    case 'wiped':
      return 'conversation.attributes.wiped';
    case 'wipe-failed':
      return 'conversation.attributes.failed';
  }
}

/** Values are known to this process for a while; what it has forgotten is left out, not looked up again. */
function attributesOf(
  message: KeyMessage,
  entries: readonly AttributeEntry[],
  values: ValueMemory,
): readonly AnalyticsAttribute[] {
  return message.keys.flatMap(({ participantId, key, class: kind, state }) => {
    if (LOST_STATES.has(state)) return [];
    const entry = entries.find((one) => one.participantId === participantId && one.key === key);
    const value = message.type === 'wiped' ? '' : entry?.wanted && values.get(entry.wanted);
    return value === undefined ? [] : [{ key, value, class: kind }];
  });
}
