import type { ConversationId, ParticipantId } from '../domain/ids.ts';
import type { Lane } from '../domain/request.ts';
import { asDedupeId } from './events/flat-request.ts';
import type { Intake, RequestDraft, Sighting } from './intake.ts';
import { parseIntake } from './events/parse.ts';
import type { Seen } from './seen.ts';

export interface IntakeOptions {
  readonly seen: Seen;
  /**
   * Whether conversations of this queue or user are wanted. Asked only for events that name one;
   * a customer who came in through an event that names none is always wanted, since whoever
   * forwards such events chose them.
   */
  readonly listensTo: (listener: { queueId?: string; userId?: string }) => boolean;
}

export interface EventInlet {
  /** Reads one body. `messageId` is the delivery's own id (`webhook-id`), where it has one. */
  take(body: unknown, messageId?: string): Intake;
  /** A conversation that was found by asking; undefined when it is known already. */
  found(sighting: Sighting, lane: Lane): RequestDraft | undefined;
  /** To be called once these requests are durable, and only then. */
  accepted(requests: readonly RequestDraft[]): void;
}

/**
 * The dedupe key of a conversation seen live with this customer. The same from every inlet, and not
 * the delivery's own id: two frames of one conversation are two deliveries, but one wish.
 */
export function seenKey(id: ConversationId, customerId: ParticipantId): string {
  return `seen:${id}:${customerId}`;
}

/** Joins the parser with the memory: tells requests from observations. */
export function createIntake(options: IntakeOptions): EventInlet {
  const { seen, listensTo } = options;
  // Which customer a draft is about is not in the draft; the memory needs it when it is accepted.
  const customerOf = new WeakMap<RequestDraft, ParticipantId>();

  const isWanted = ({ queueId, userId }: Sighting): boolean =>
    (queueId === undefined && userId === undefined) ||
    (queueId !== undefined && listensTo({ queueId })) ||
    (userId !== undefined && listensTo({ userId }));

  const draftFor = (
    sighting: Sighting,
    lane: Lane,
    deliveryKey: string | undefined,
  ): RequestDraft => {
    const { conversationId, customerId, body } = sighting;
    const draft: RequestDraft = {
      conversationId,
      kind: 'enrich',
      lane,
      dedupeKey: customerId === undefined ? deliveryKey : seenKey(conversationId, customerId),
      traceId: undefined,
      body,
    };
    if (customerId !== undefined) customerOf.set(draft, customerId);
    return draft;
  };

  const isNews = ({ conversationId, customerId }: Sighting): boolean =>
    seen.status(conversationId, customerId) !== 'known';

  return {
    take(body, messageId) {
      const parsed = parseIntake(body);
      const webhookKey = asDedupeId(messageId) && `webhook:${messageId}`;
      switch (parsed.kind) {
        case 'ignored':
          return parsed;
        case 'asked': {
          const { request } = parsed;
          const dedupeKey = request.dedupeKey ?? webhookKey;
          return { kind: 'taken', requests: [{ ...request, dedupeKey }], observations: [] };
        }
        case 'seen': {
          const { sighting, observations, eventId } = parsed;
          const isRequest = sighting !== undefined && isWanted(sighting) && isNews(sighting);
          const deliveryKey = eventId === undefined ? webhookKey : `eventbridge:${eventId}`;
          const requests = isRequest ? [draftFor(sighting, 'live', deliveryKey)] : [];
          return { kind: 'taken', requests, observations };
        }
      }
    },
    found: (sighting, lane) => (isNews(sighting) ? draftFor(sighting, lane, undefined) : undefined),
    accepted(requests) {
      for (const request of requests) {
        seen.remember(request.conversationId, customerOf.get(request));
      }
    },
  };
}
