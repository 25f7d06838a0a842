import type { Conversation } from '../../../domain/conversation.ts';
import { RapportError } from '../../../domain/errors.ts';
import {
  parseConversationId,
  type ConversationId,
  type ParticipantId,
} from '../../../domain/ids.ts';
import { chosenParticipants } from '../../../library/participants.ts';
import type { ConfigFlags } from '../../configuration/load-configuration.ts';
import type { Session } from '../session.ts';

export interface TargetFlags extends ConfigFlags {
  readonly participant?: readonly string[];
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
  return chosenParticipants(conversation, { named, customerId });
}

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
