import type { ConversationState, ParticipantState, QueueState, UserState } from '../world/model.ts';
import type { World } from '../world/world.ts';
import { addParticipant } from './create.ts';
import { publishConversation, publishDetail, publishEnd, publishStart } from './publish.ts';
import { activeWithPurpose, connectLeg, customerOf, isActive, isStaff, leave } from './state.ts';

/** Who has the conversation now passes it on: flows and people leave, a queue's `acd` comes. */
export function enqueue(
  world: World,
  conversation: ConversationState,
  queue: QueueState,
): ParticipantState {
  const leaving = conversation.participants.filter(
    (p) => isActive(p) && (isStaff(p) || SERVICES.has(p.purpose)),
  );
  for (const participant of leaving) leaveAndTell(world, conversation, participant, 'transfer');
  const customer = customerOf(conversation);
  release(customer);
  const acd = addParticipant(world, conversation, {
    purpose: 'acd',
    name: queue.name,
    queueId: queue.id,
    address: customer?.address,
    leg: {
      media: conversation.media,
      direction: 'inbound',
      state: 'connected',
      ...pathOf(customer),
    },
  });
  publishStart(world, conversation, acd);
  publishConversation(world, conversation);
  return acd;
}

/** Offers the conversation to a user: an `agent` participant whose leg is alerting. */
export function alert(
  world: World,
  conversation: ConversationState,
  user: UserState,
): ParticipantState {
  const acd = activeWithPurpose(conversation, 'acd');
  const customer = customerOf(conversation);
  const agent = addParticipant(world, conversation, {
    purpose: 'agent',
    name: user.name,
    userId: user.id,
    queueId: acd?.queueId,
    leg: {
      media: conversation.media,
      direction: 'inbound',
      state: 'alerting',
      ...pathOf(customer),
    },
  });
  agent.wrapupRequired = acd !== undefined;
  publishStart(world, conversation, agent);
  publishConversation(world, conversation);
  return agent;
}

/** Participants that are no people. */
export const SERVICES: ReadonlySet<string> = new Set(['acd', 'ivr', 'workflow']);

/** The alerting participant takes it: its leg connects and the queue lets go. */
export function answer(
  world: World,
  conversation: ConversationState,
  agent: ParticipantState,
): void {
  connectLeg(world, agent);
  const acd = activeWithPurpose(conversation, 'acd');
  if (acd !== undefined) leaveAndTell(world, conversation, acd, 'transfer');
  publishConversation(world, conversation);
}

/** The alerting participant does not take it; the conversation stays with the queue. */
export function decline(
  world: World,
  conversation: ConversationState,
  agent: ParticipantState,
): void {
  leaveAndTell(world, conversation, agent, 'transfer.noanswer');
  publishConversation(world, conversation);
}

/** A consult of which one side has left is over: the other one has the customer, who is off hold. */
function settleConsult(conversation: ConversationState): void {
  const pair = conversation.participants.filter(
    (p) => isActive(p) && p.consultParticipantId !== undefined,
  );
  if (pair.length !== 1) return;
  for (const participant of pair) participant.consultParticipantId = undefined;
  release(customerOf(conversation));
}

export function release(customer: ParticipantState | undefined): void {
  for (const leg of customer?.legs ?? []) {
    leg.held = false;
    leg.heldAt = undefined;
  }
}

export function leaveAndTell(
  world: World,
  conversation: ConversationState,
  participant: ParticipantState,
  why: Parameters<typeof leave>[2],
): void {
  if (!leave(world, participant, why)) return;
  settleConsult(conversation);
  publishEnd(world, conversation, participant);
  if (!isStaff(participant) || participant.connectedAt === undefined) return;
  participant.acwAt = world.now();
  publishDetail(world, conversation, participant, 'acw');
}

/** What a leg has from the customer's: both addresses, and what the medium adds. */
export function pathOf(customer: ParticipantState | undefined): {
  readonly fromAddress?: string | undefined;
  readonly toAddress?: string | undefined;
  readonly messageType?: string | undefined;
  readonly subject?: string | undefined;
  readonly callbackNumbers?: readonly string[] | undefined;
  readonly callbackUserName?: string | undefined;
} {
  const leg = customer?.legs[0];
  if (leg === undefined) return {};
  const { fromAddress, toAddress, messageType, subject, callbackNumbers, callbackUserName } = leg;
  return { fromAddress, toAddress, messageType, subject, callbackNumbers, callbackUserName };
}
