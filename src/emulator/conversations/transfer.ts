import type { ConversationState, ParticipantState, QueueState, UserState } from '../world/model.ts';
import type { World } from '../world/world.ts';
import { addParticipant, type ParticipantParts } from './create.ts';
import { impossible } from './errors.ts';
import { publishConversation, publishStart } from './publish.ts';
import { enqueue, leaveAndTell, pathOf, release } from './routing.ts';
import { customerOf, isActive, isStaff, mainLeg } from './state.ts';

/** Where a transfer goes. */
export type Target =
  | { readonly kind: 'queue'; readonly queue: QueueState }
  | { readonly kind: 'user'; readonly user: UserState }
  /** A number or address outside the organization. */
  | { readonly kind: 'address'; readonly address: string };

/** The agent who has the conversation lets go of it at once; whoever is next may not even answer. */
export function blindTransfer(
  world: World,
  conversation: ConversationState,
  target: Target,
): ParticipantState {
  const agent = requireTalking(conversation);
  if (target.kind === 'queue') return enqueue(world, conversation, target.queue);
  const next = addTarget(world, conversation, target, undefined);
  leaveAndTell(world, conversation, agent, 'transfer');
  publishStart(world, conversation, next);
  publishConversation(world, conversation);
  return next;
}

/** The agent puts the customer on hold and calls somebody else first. */
export function consult(
  world: World,
  conversation: ConversationState,
  target: Target,
): ParticipantState {
  const agent = requireTalking(conversation);
  if (consultedOf(conversation) !== undefined) throw impossible('a consult is going on already');
  const customer = customerOf(conversation);
  hold(world, customer);
  const consulted = addTarget(world, conversation, target, customer?.id);
  // The contract gives both the same id: that of the participant who is being transferred.
  agent.consultParticipantId = customer?.id;
  publishStart(world, conversation, consulted);
  publishConversation(world, conversation);
  return consulted;
}

/** The consulting agent leaves; the consulted party has the customer now. */
export function completeConsult(world: World, conversation: ConversationState): void {
  const { consulting, consulted } = requireConsult(conversation);
  if (mainLeg(consulted)?.state !== 'connected')
    throw impossible('the consulted party has not answered');
  leaveAndTell(world, conversation, consulting, 'transfer.consult');
  publishConversation(world, conversation);
}

/** The consulted party leaves; the agent has the customer again. */
export function cancelConsult(world: World, conversation: ConversationState): void {
  const { consulted } = requireConsult(conversation);
  leaveAndTell(world, conversation, consulted, 'client');
  publishConversation(world, conversation);
}

/** Customer, agent and consulted party talk together. */
export function conference(world: World, conversation: ConversationState): void {
  const { consulting, consulted } = requireConsult(conversation);
  if (mainLeg(consulted)?.state !== 'connected')
    throw impossible('the consulted party has not answered');
  release(customerOf(conversation));
  consulting.consultParticipantId = undefined;
  consulted.consultParticipantId = undefined;
  publishConversation(world, conversation);
}

function hold(world: World, participant: ParticipantState | undefined): void {
  const leg = participant === undefined ? undefined : mainLeg(participant);
  if (leg === undefined || leg.state !== 'connected') return;
  leg.held = true;
  leg.heldAt = world.now();
}

function addTarget(
  world: World,
  conversation: ConversationState,
  target: Target,
  consultParticipantId: string | undefined,
): ParticipantState {
  const { media } = conversation;
  const path = pathOf(customerOf(conversation));
  const parts = ((): ParticipantParts => {
    switch (target.kind) {
      case 'queue': {
        const { id, name } = target.queue;
        const leg = { media, direction: 'inbound', state: 'connected', ...path } as const;
        return { purpose: 'acd', name, queueId: id, consultParticipantId, leg };
      }
      case 'user': {
        const { id, name } = target.user;
        const leg = { media, direction: 'inbound', state: 'alerting', ...path } as const;
        return { purpose: 'user', name, userId: id, consultParticipantId, leg };
      }
      case 'address': {
        const { address } = target;
        const leg = {
          media,
          direction: 'outbound',
          state: 'contacting',
          ...path,
          toAddress: address,
        } as const;
        return { purpose: 'external', address, dnis: address, consultParticipantId, leg };
      }
    }
  })();
  return addParticipant(world, conversation, parts);
}

/** The staff member who talks with the customer: the last one to connect. */
export function requireTalking(conversation: ConversationState): ParticipantState {
  const talking = conversation.participants.findLast(
    (p) => isActive(p) && isStaff(p) && mainLeg(p)?.state === 'connected',
  );
  if (talking === undefined) throw impossible('no agent has the conversation');
  return talking;
}

/** Of those in a consult, the later one is the consulted party. */
function consultedOf(conversation: ConversationState): ParticipantState | undefined {
  return conversation.participants
    .filter((p) => isActive(p) && p.consultParticipantId !== undefined)
    .at(-1);
}

function requireConsult(conversation: ConversationState): {
  readonly consulting: ParticipantState;
  readonly consulted: ParticipantState;
} {
  const [consulting, ...rest] = conversation.participants.filter(
    (p) => isActive(p) && p.consultParticipantId !== undefined,
  );
  const consulted = rest.at(-1);
  if (consulting === undefined || consulted === undefined)
    throw impossible('no consult is going on');
  return { consulting, consulted };
}
