import {
  hasEnded,
  hasLeft,
  type Conversation,
  type Participant,
} from '../../domain/conversation.ts';
import { isRapportError, messageOf } from '../../domain/errors.ts';
import type { Observation } from '../../domain/observation.ts';
import { parseConversation } from '../../domain/parse-conversation.ts';
import { parseTopic } from '../../domain/topic.ts';
import { parseDetailEvent } from './detail-event.ts';
import { asFields, asInstant, asText, type Fields } from '../../domain/fields.ts';
import { findCustomer } from './find-customer.ts';
import { asDedupeId, parseFlatRequest } from './flat-request.ts';
import { ignored, type ParsedEvent } from '../intake.ts';

/**
 * Reads whatever came in through whichever inlet: a notification frame, an EventBridge envelope
 * around one, or the flat request of a data action. Never throws: what cannot be read is
 * ignored with a reason, for one odd body must not end the loop that reads the next.
 */
export function parseIntake(value: unknown): ParsedEvent {
  try {
    return parseBody(value);
  } catch (error) {
    // Also a stack overflow: a body may be nested deeper than a recursive reader can go.
    return ignored('malformed', isRapportError(error) ? error.message : messageOf(error));
  }
}

function parseBody(value: unknown): ParsedEvent {
  const fields = asFields(value);
  if (fields === undefined) return ignored('unknown-form', 'expected a JSON object');
  if (typeof fields['detail-type'] === 'string') {
    const detail = asFields(fields['detail']);
    if (detail === undefined) return ignored('malformed', 'the envelope has no detail object');
    const parsed = parseFrame(detail, asInstant(detail['timestamp']) ?? asInstant(fields['time']));
    return parsed.kind === 'seen' ? { ...parsed, eventId: asDedupeId(fields['id']) } : parsed;
  }
  if (typeof fields['topicName'] === 'string') return parseFrame(fields, undefined);
  if (fields['conversationId'] !== undefined) return readFlatRequest(fields);
  // The answers to `ping` and `subscribe` on the channel's socket carry no topic.
  if (fields['message'] !== undefined || fields['result'] !== undefined) {
    return ignored('channel-traffic', 'answer to a command');
  }
  return ignored('unknown-form', 'expected topicName, detail-type with detail, or conversationId');
}

function parseFrame(frame: Fields, sentAt: number | undefined): ParsedEvent {
  const name = asText(frame['topicName']) ?? '';
  const body = frame['eventBody'];
  const topic = parseTopic(name);
  switch (topic.kind) {
    case 'detail-event':
      return parseDetailEvent(topic.event, body, sentAt);
    case 'queue-conversations':
      return readConversation(body, sentAt, { queueId: topic.queueId, userId: undefined });
    case 'user-conversations':
      return readConversation(body, sentAt, { queueId: undefined, userId: topic.userId });
    case 'channel-metadata':
    case 'socket-closing':
      return ignored('channel-traffic', name);
    case 'other':
      return ignored('other-topic', name.slice(0, 200));
  }
}

function readFlatRequest(fields: Fields): ParsedEvent {
  try {
    return parseFlatRequest(fields);
  } catch (error) {
    return ignored('bad-request', messageOf(error));
  }
}

interface Listener {
  readonly queueId: string | undefined;
  readonly userId: string | undefined;
}

function readConversation(
  body: unknown,
  eventAt: number | undefined,
  listener: Listener,
): ParsedEvent {
  const conversation = parseConversation(body);
  const conversationId = conversation.id;
  const ended = hasEnded(conversation);
  const customer = ended ? undefined : findCustomer(conversation);
  return {
    kind: 'seen',
    eventId: undefined,
    sighting: customer && {
      conversationId,
      customerId: customer.id,
      ...listener,
      body: { conversation, seenAt: eventAt },
    },
    observations: [
      { kind: 'conversation', conversationId, eventAt, conversation },
      ...departures(conversation, eventAt),
      ...(ended ? [{ kind: 'ended' as const, conversationId, eventAt }] : []),
    ],
  };
}

function departures(conversation: Conversation, eventAt: number | undefined): Observation[] {
  return conversation.participants.filter(isGoneCustomer).map((participant) => ({
    kind: 'customer-left',
    conversationId: conversation.id,
    participantId: participant.id,
    eventAt: participant.endedAt ?? eventAt,
  }));
}

function isGoneCustomer(participant: Participant): boolean {
  const { purpose } = participant;
  return (purpose === 'customer' || purpose === 'external') && hasLeft(participant);
}
