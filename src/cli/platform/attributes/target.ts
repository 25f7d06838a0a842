import { findParticipant, type Conversation } from '../../../domain/conversation.ts';
import { RapportError } from '../../../domain/errors.ts';
import {
  parseConversationId,
  parseParticipantId,
  type ConversationId,
  type ParticipantId,
} from '../../../domain/ids.ts';
import { resolveCustomer } from '../../../enrich/customer/resolve.ts';
import type { ConfigFlags } from '../../configuration/load-configuration.ts';
import type { Session } from '../session.ts';

export interface TargetFlags extends ConfigFlags {
  readonly participant?: readonly string[];
}

/** The customer, by the same rules as an enrichment. */
export function customerIn(conversation: Conversation): ParticipantId | undefined {
  const resolution = resolveCustomer(conversation, {});
  return resolution.kind === 'customer' ? resolution.participant.id : undefined;
}

/** The participants that are named, else the customer. */
export function participantsOf(
  conversation: Conversation,
  parts: {
    readonly flags: TargetFlags;
    readonly session: Session;
    readonly customerId: ParticipantId | undefined;
  },
): readonly ParticipantId[] {
  const { flags, session, customerId } = parts;
  const named =
    flags.participant ??
    (session.targets.participantId === undefined ? [] : [session.targets.participantId]);
  const ids =
    named.length > 0 ? named.map(parseParticipantId) : customerId === undefined ? [] : [customerId];
  const unknown = ids.find((one) => findParticipant(conversation, one) === undefined);
  if (ids.length > 0 && unknown === undefined) return ids;
  if (unknown !== undefined) {
    throw unknownParticipant(unknown, conversation.id, conversation.participants);
  }
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

export function unknownParticipant(
  named: string,
  conversationId: ConversationId,
  participants: readonly Named[],
): RapportError {
  return new RapportError({
    code: 'ERR_NO_PARTICIPANT',
    message: `participant ${named} is not on conversation ${conversationId}`,
    nextStep: namesOf(participants),
  });
}

export const namesOf = (participants: readonly Named[]): string =>
  `Name one with --participant: ${participants.map(({ id, purpose }) => `${id} (${purpose})`).join(', ')}`;

/** The named conversation, else the one that the environment names. */
export function conversationOf(id: string | undefined, { targets }: Session): ConversationId {
  const text = id ?? targets.conversationIds[0];
  if (text !== undefined) return parseConversationId(text);
  throw new RapportError({
    code: 'ERR_NO_CONVERSATIONS',
    message: 'no conversation is named',
    nextStep: 'Give its id as the argument, or in GENESYS_CONVERSATION_ID.',
  });
}
