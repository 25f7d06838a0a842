import type { AttributeClass } from '../domain/attributes.ts';
import type { ConversationId, TraceId } from '../domain/ids.ts';
import type { OutboxDraft } from '../ledger/turn.ts';
import type { DestinationOptions } from './options.ts';

/** What happened to a conversation's attributes. */
export type AnalyticsEventType =
  | 'conversation.attributes.enriched'
  | 'conversation.attributes.failed'
  | 'conversation.attributes.overwritten'
  | 'conversation.attributes.wiped';

export interface AnalyticsAttribute {
  readonly key: string;
  readonly value: string;
  readonly class: AttributeClass;
}

export interface AnalyticsEvent {
  readonly type: AnalyticsEventType;
  readonly conversationId: ConversationId;
  readonly attributes: readonly AnalyticsAttribute[];
  readonly traceId: TraceId;
  /** Epoch milliseconds at which it happened. */
  readonly at: number;
}

const MASK = '***';

/** The message about an event, for the outbox: flat, and with no value that this destination may not have. */
export function analyticsMessage(
  destination: string,
  { personal }: Pick<DestinationOptions, 'personal'>,
  event: AnalyticsEvent,
): OutboxDraft {
  const attributes = event.attributes.flatMap(({ key, value, class: kind }) => {
    const shown = valueFor(kind, value, personal);
    return shown === undefined ? [] : [[key, shown] as const];
  });
  return {
    destination,
    type: event.type,
    traceId: event.traceId,
    body: {
      eventType: event.type,
      conversationId: event.conversationId,
      // Defined as own members, whatever the key is.
      attributes: Object.fromEntries(attributes),
      traceId: event.traceId,
      timestamp: new Date(event.at).toISOString(),
    },
  };
}

function valueFor(
  kind: AttributeClass,
  value: string,
  personal: DestinationOptions['personal'],
): string | undefined {
  switch (kind) {
    case 'public':
      return value;
    case 'secret':
      return undefined;
    case 'personal':
      if (personal === 'omit') return undefined;
      return personal === 'mask' ? MASK : value;
  }
}
