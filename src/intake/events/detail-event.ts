import { parseAttributes } from '../../domain/attributes.ts';
import {
  parseConversationId,
  parseParticipantId,
  type ConversationId,
  type ParticipantId,
} from '../../domain/ids.ts';
import type { Observation } from '../../domain/observation.ts';
import type { RequestBody } from '../../domain/request.ts';
import { asFields, asInstant, asText, type Fields } from '../../domain/fields.ts';
import { ignored, type ParsedEvent, type Sighting } from '../intake.ts';

interface DetailEvent {
  readonly body: Fields;
  readonly conversationId: ConversationId;
  /** Of whom the event speaks; the customer only in `customer.*`. */
  readonly participantId: ParticipantId | undefined;
  /** Epoch milliseconds by the platform's clock. */
  readonly eventAt: number | undefined;
}

type Reading = Pick<Extract<ParsedEvent, { kind: 'seen' }>, 'sighting' | 'observations'>;

const READERS: ReadonlyMap<string, (event: DetailEvent) => Reading | undefined> = new Map([
  ['customer.start', (event: DetailEvent) => seen(event.participantId && customerSighting(event))],
  ['customer.end', (event: DetailEvent) => observed(customerLeft(event))],
  ['attributes', (event: DetailEvent) => observed(attributesOf(event))],
  ['flow.start', (event: DetailEvent) => observed(flow('flow-started', event))],
  ['flow.end', (event: DetailEvent) => observed(flow('flow-ended', event))],
  ['acd.start', (event: DetailEvent) => seen(routedSighting(event))],
  ['user.start', (event: DetailEvent) => seen(routedSighting(event))],
]);

/**
 * Reads the body of a `v2.detail.events.conversation.{id}.{event}` topic.
 *
 * @throws {RapportError} `ERR_INVALID_ID` when an id in it is not an id
 */
export function parseDetailEvent(
  event: string,
  value: unknown,
  sentAt: number | undefined,
): ParsedEvent {
  const body = asFields(value);
  if (body === undefined) return ignored('malformed', `event ${event} has no eventBody object`);
  const read = READERS.get(event);
  if (read === undefined) return ignored('other-event', event);
  const reading = read({
    body,
    conversationId: parseConversationId(body['conversationId']),
    participantId:
      body['participantId'] === undefined ? undefined : parseParticipantId(body['participantId']),
    eventAt: asInstant(body['eventTime']) ?? sentAt,
  });
  if (reading === undefined) return ignored('malformed', `event ${event} has no participantId`);
  return { kind: 'seen', eventId: undefined, ...reading };
}

function seen(sighting: Sighting | undefined): Reading | undefined {
  return sighting && { sighting, observations: [] };
}

function observed(observation: Observation | undefined): Reading | undefined {
  return observation && { sighting: undefined, observations: [observation] };
}

function customerLeft({
  conversationId,
  participantId,
  eventAt,
}: DetailEvent): Observation | undefined {
  return participantId && { kind: 'customer-left', conversationId, participantId, eventAt };
}

function attributesOf(event: DetailEvent): Observation | undefined {
  const { conversationId, participantId, eventAt, body } = event;
  if (participantId === undefined) return undefined;
  const attributes = parseAttributes(body['attributes']);
  return { kind: 'attributes', conversationId, participantId, attributes, eventAt };
}

function flow(kind: 'flow-started' | 'flow-ended', event: DetailEvent): Observation {
  const { conversationId, eventAt, body } = event;
  const flowId = asText(body['flowId']);
  return { kind, conversationId, eventAt, flowId, flowType: asText(body['flowType']) };
}

/** A customer came in: the event names the participant, so nothing has to be read before the write. */
function customerSighting(event: DetailEvent): Sighting {
  const { conversationId, participantId } = event;
  return {
    conversationId,
    customerId: participantId,
    queueId: undefined,
    userId: undefined,
    body: { participantId, seenAt: event.eventAt, ...customerKeys(event.body) },
  };
}

/** Routed to a queue or an agent. The participant of the event is the queue's or the agent's, not the customer. */
function routedSighting({ conversationId, body, eventAt }: DetailEvent): Sighting {
  return {
    conversationId,
    customerId: undefined,
    queueId: asText(body['queueId']),
    userId: asText(body['userId']),
    body: { seenAt: eventAt },
  };
}

/** What the customer's session tells of who they are. The far end is `from` when they contacted us. */
function customerKeys(body: Fields): RequestBody {
  const outbound = body['direction'] === 'OUTBOUND';
  const numbers = body['callbackNumbers'];
  const phone =
    (Array.isArray(numbers) ? asText(numbers[0]) : undefined) ??
    asText(outbound ? body['dnis'] : body['ani']);
  const address = asText(outbound ? body['addressTo'] : body['addressFrom']);
  const isEmail = body['mediaType'] === 'EMAIL';
  return {
    phone,
    email: isEmail ? address : undefined,
    address: isEmail ? undefined : address,
    externalContactId: asText(body['externalContactId']),
  };
}
