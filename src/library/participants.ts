import { findParticipant, type Conversation } from '../domain/conversation.ts';
import { RapportError } from '../domain/errors.ts';
import { parseParticipantId, type ConversationId, type ParticipantId } from '../domain/ids.ts';
import { resolveCustomer } from '../enrich/customer/resolve.ts';

/** The customer, by the same rules as an enrichment. */
export function customerIn(conversation: Conversation): ParticipantId | undefined {
  const resolution = resolveCustomer(conversation, {});
  return resolution.kind === 'customer' ? resolution.participant.id : undefined;
}

export interface Choice {
  /** Nobody: the customer. */
  readonly named: readonly string[];
  readonly customerId: ParticipantId | undefined;
}

/**
 * The participants that are named, else the customer.
 *
 * @throws {RapportError} `ERR_NO_CUSTOMER`, `ERR_NO_PARTICIPANT`, `ERR_INVALID_ID`
 */
export function chosenParticipants(
  conversation: Conversation,
  { named, customerId }: Choice,
): readonly ParticipantId[] {
  const ids =
    named.length > 0 ? named.map(parseParticipantId) : customerId === undefined ? [] : [customerId];
  const unknown = ids.find((one) => findParticipant(conversation, one) === undefined);
  if (unknown !== undefined) throw unknownParticipant(unknown, conversation);
  if (ids.length > 0) return ids;
  throw new RapportError({
    code: 'ERR_NO_CUSTOMER',
    message: 'the conversation has no customer participant',
    nextStep: namesOf(conversation.participants),
  });
}

interface Named {
  readonly id: string;
  readonly purpose: string;
}

/** Who is there, when somebody is named who is not. */
export interface Attendees {
  readonly id: ConversationId;
  readonly participants: readonly Named[];
}

export function unknownParticipant(named: string, there: Attendees): RapportError {
  return new RapportError({
    code: 'ERR_NO_PARTICIPANT',
    message: `participant ${named} is not on conversation ${there.id}`,
    nextStep: namesOf(there.participants),
  });
}

/** Commands and calls name them alike: by `participant`. */
export const namesOf = (participants: readonly Named[]): string =>
  `Name one of its participants: ${participants.map(({ id, purpose }) => `${id} (${purpose})`).join(', ')}`;
