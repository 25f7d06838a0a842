import { hasLeft, type Conversation, type Participant } from '../../domain/conversation.ts';

/**
 * Who the customer seems to be, well enough to tell a new conversation or a changed customer from
 * more of the same: the first who is still there of purpose `customer`, else of `external`.
 * Whom to write to is decided later, with all the rules.
 */
export function findCustomer(conversation: Conversation): Participant | undefined {
  const present = conversation.participants.filter((participant) => !hasLeft(participant));
  return (
    present.find((participant) => participant.purpose === 'customer') ??
    present.find((participant) => participant.purpose === 'external')
  );
}
