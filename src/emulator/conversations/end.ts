import type { ConversationState, DisconnectType, ParticipantState } from '../world/model.ts';
import type { World } from '../world/world.ts';
import { publishConversation } from './publish.ts';
import { leaveAndTell } from './routing.ts';
import { customerOf, isActive } from './state.ts';

/** Who hangs up. The one who does leaves with `client` or `endpoint`, everybody else with `peer`. */
export type EndedBy = 'customer' | 'agent' | 'system';

export function endConversation(
  world: World,
  conversation: ConversationState,
  by: EndedBy = 'customer',
): void {
  if (conversation.endedAt !== undefined) return;
  const customer = customerOf(conversation);
  for (const participant of conversation.participants.filter(isActive)) {
    leaveAndTell(world, conversation, participant, reasonFor(participant, customer, by));
  }
  conversation.endedAt = world.now();
  publishConversation(world, conversation);
}

function reasonFor(
  participant: ParticipantState,
  customer: ParticipantState | undefined,
  by: EndedBy,
): DisconnectType {
  if (by === 'system') return 'system';
  const isCustomer = participant === customer;
  if (by === 'customer') return isCustomer ? 'endpoint' : 'peer';
  return isCustomer ? 'peer' : 'client';
}

/** One participant leaves. When nobody is left who could talk to somebody, the conversation ends. */
export function removeParticipant(
  world: World,
  conversation: ConversationState,
  participant: ParticipantState,
): void {
  leaveAndTell(world, conversation, participant, 'client');
  const left = conversation.participants.filter(isActive);
  if (left.length < 2) endConversation(world, conversation, 'system');
  else publishConversation(world, conversation);
}
