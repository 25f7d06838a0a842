import { parseAttributes } from './attributes.ts';
import type { Communication, Conversation, MediaType, Participant } from './conversation.ts';
import { RapportError } from './errors.ts';
import { asFields, asInstant, asText, type Fields } from './fields.ts';
import { parseConversationId, parseParticipantId } from './ids.ts';

/** Where the platform lists each medium's legs on a participant. */
const LEGS: ReadonlyMap<string, MediaType> = new Map([
  ['calls', 'voice'],
  ['messages', 'message'],
  ['callbacks', 'callback'],
  ['emails', 'email'],
  ['chats', 'chat'],
  ['cobrowsesessions', 'other'],
  ['videos', 'other'],
  ['socialExpressions', 'other'],
  ['internalMessages', 'other'],
]);

/**
 * Reads a conversation as the platform writes it: the generic GET, the body of a queue or user
 * topic, or the per-media GET with its flattened participants. Members that are missing or of an
 * unknown form are left out; a participant without an id is left out too.
 *
 * @throws {RapportError} `ERR_NOT_A_CONVERSATION` when there is no id or no list of participants.
 */
export function parseConversation(value: unknown): Conversation {
  const fields = asFields(value);
  if (fields === undefined || !Array.isArray(fields['participants'])) {
    throw new RapportError({
      code: 'ERR_NOT_A_CONVERSATION',
      message: 'expected a conversation with an id and a list of participants',
      fault: 'platform',
    });
  }
  return {
    id: parseConversationId(fields['id']),
    startedAt: asInstant(fields['startTime']),
    endedAt: asInstant(fields['endTime']),
    participants: fields['participants'].flatMap((item) => parseParticipant(item) ?? []),
    ...(fields['attributes'] === undefined
      ? {}
      : { outside: parseAttributes(fields['attributes']) }),
  };
}

function parseParticipant(value: unknown): Participant | undefined {
  const fields = asFields(value);
  if (typeof fields?.['id'] !== 'string') return undefined;
  return {
    id: parseParticipantId(fields['id']),
    purpose: asText(fields['purpose']) ?? 'unknown',
    userId: asText(fields['userId']) ?? idOf(fields['user']),
    queueId: asText(fields['queueId']) ?? idOf(fields['queue']),
    externalContactId: asText(fields['externalContactId']) ?? idOf(fields['externalContact']),
    consultParticipantId: asText(fields['consultParticipantId']),
    address: asText(fields['address']),
    ani: asText(fields['ani']),
    dnis: asText(fields['dnis']),
    name: asText(fields['name']),
    startedAt: asInstant(fields['startTime']),
    connectedAt: asInstant(fields['connectedTime']),
    endedAt: asInstant(fields['endTime']),
    attributes: parseAttributes(fields['attributes']),
    communications: parseCommunications(fields),
  };
}

function parseCommunications(participant: Fields): Communication[] {
  const legs: Communication[] = [];
  for (const [member, media] of LEGS) {
    const list = participant[member];
    if (!Array.isArray(list)) continue;
    for (const item of list) {
      const fields = asFields(item);
      if (fields !== undefined) legs.push(parseCommunication(fields, media));
    }
  }
  // A media participant of the per-media GET is one leg itself.
  if (legs.length === 0 && typeof participant['state'] === 'string') {
    legs.push(parseCommunication(participant, 'other'));
  }
  return legs;
}

function parseCommunication(fields: Fields, media: MediaType): Communication {
  const direction = fields['direction'];
  const numbers = fields['callbackNumbers'];
  return {
    id: asText(fields['id']) ?? '',
    media,
    state: asText(fields['state']) ?? 'unknown',
    direction: direction === 'inbound' || direction === 'outbound' ? direction : undefined,
    address: addressOf(fields),
    callbackNumbers: Array.isArray(numbers) ? numbers.filter((n) => typeof n === 'string') : [],
    messageType: media === 'message' ? asText(fields['type']) : undefined,
    disconnectType: asText(fields['disconnectType']),
  };
}

/** A call names its own side `self`; a message names both ends, and the direction says which is whose. */
function addressOf(fields: Fields): string | undefined {
  const own = fields['direction'] === 'outbound' ? fields['toAddress'] : fields['fromAddress'];
  return textOfAddress(fields['self']) ?? textOfAddress(own);
}

function textOfAddress(value: unknown): string | undefined {
  const fields = asFields(value);
  return asText(fields?.['addressNormalized']) ?? asText(fields?.['addressRaw']);
}

function idOf(value: unknown): string | undefined {
  return asText(asFields(value)?.['id']);
}
