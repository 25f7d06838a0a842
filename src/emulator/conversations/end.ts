import type { ConversationState, DisconnectType, ParticipantState } from '../world/model.ts';
import type { World } from '../world/world.ts';
import { publishConversation } from './publish.ts';
import { leaveAndTell, SERVICES } from './routing.ts';
import { customerOf, isActive, isStaff, mainLeg } from './state.ts';

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
  world.publish({ kind: 'ended', conversation });
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
  if (!isActive(participant)) return;
  leaveAndTell(world, conversation, participant, 'client');
  if (isTalkPossible(conversation)) publishConversation(world, conversation);
  else endConversation(world, conversation, 'system');
}

/** Two people, or one whom a queue or flow still serves. An agent who is only alerting is not there yet. */
function isTalkPossible(conversation: ConversationState): boolean {
  const active = conversation.participants.filter(isActive);
  const served = active.some((p) => SERVICES.has(p.purpose));
  const people = active.filter((p) => !SERVICES.has(p.purpose));
  const present = people.filter((p) => !isStaff(p) || mainLeg(p)?.state !== 'alerting');
  const waiting = people.length - present.length;
  return present.length >= 2 || (present.length === 1 && (served || waiting > 0));
}
