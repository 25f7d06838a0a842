import type { DetailKind } from '../world/event.ts';
import type { ConversationState, ParticipantState } from '../world/model.ts';
import type { World } from '../world/world.ts';
import { mainLeg } from './state.ts';

const START: ReadonlyMap<string, DetailKind> = new Map([
  ['customer', 'customer.start'],
  ['external', 'customer.start'],
  ['acd', 'acd.start'],
  ['agent', 'user.start'],
  ['user', 'user.start'],
  ['ivr', 'flow.start'],
  ['workflow', 'flow.start'],
]);

const END: ReadonlyMap<string, DetailKind> = new Map([
  ['customer', 'customer.end'],
  ['external', 'customer.end'],
  ['acd', 'acd.end'],
  ['agent', 'user.end'],
  ['user', 'user.end'],
  ['ivr', 'flow.end'],
  ['workflow', 'flow.end'],
]);

export function publishDetail(
  world: World,
  conversation: ConversationState,
  participant: ParticipantState,
  detail: DetailKind,
): void {
  world.publish({ kind: 'detail', detail, conversation, participant, leg: mainLeg(participant) });
}

export function publishStart(
  world: World,
  conversation: ConversationState,
  participant: ParticipantState,
): void {
  const detail = START.get(participant.purpose);
  if (detail !== undefined) publishDetail(world, conversation, participant, detail);
}

export function publishEnd(
  world: World,
  conversation: ConversationState,
  participant: ParticipantState,
): void {
  const detail = END.get(participant.purpose);
  if (detail !== undefined) publishDetail(world, conversation, participant, detail);
}

/** Shows the conversation's new shape to whoever watches its queues and users. */
export function publishConversation(world: World, conversation: ConversationState): void {
  world.publish({ kind: 'conversation', conversation });
}
