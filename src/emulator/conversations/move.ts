import { notFound } from '../http/errors.ts';
import type { ConversationState, ParticipantState, UserState } from '../world/model.ts';
import type { World } from '../world/world.ts';
import { removeParticipant } from './end.ts';
import { impossible } from './errors.ts';
import { applyMediaRequest, type MediaRequest } from './media-request.ts';
import { addMessage } from './messages.ts';
import { connectFarEnd, placeCallback } from './outbound.ts';
import { alert, answer, decline, enqueue } from './routing.ts';
import { requireQueue } from './start.ts';
import { isActive, isStaff, mainLeg } from './state.ts';
import {
  blindTransfer,
  cancelConsult,
  completeConsult,
  conference,
  consult,
  type Target,
} from './transfer.ts';

/** Where a transfer or consult goes: exactly one of the three. Queues and users by id or name. */
export interface MoveTarget {
  readonly queue?: string | undefined;
  readonly user?: string | undefined;
  /** A number or address outside the organization. */
  readonly address?: string | undefined;
}

/** Something that somebody on the platform's side does. Queues and users are given by id or name. */
export type Move =
  /** It goes to a queue, whoever has it now. */
  | { readonly kind: 'enqueue'; readonly queue: string }
  /** It is offered to a user. */
  | { readonly kind: 'alert'; readonly user: string }
  /** A user takes it; whoever is alerting unless one is named, who is then offered it first. */
  | { readonly kind: 'answer'; readonly user?: string | undefined }
  /** Whoever is alerting does not take it. */
  | { readonly kind: 'decline' }
  /** The agent passes it on and is gone. */
  | ({ readonly kind: 'blind-transfer' } & MoveTarget)
  /** The agent puts the customer on hold and calls somebody first. */
  | ({ readonly kind: 'consult' } & MoveTarget)
  /** The agent leaves customer and consulted party together. */
  | { readonly kind: 'complete-consult' }
  | { readonly kind: 'cancel-consult' }
  /** Customer, agent and consulted party talk together. */
  | { readonly kind: 'conference' }
  /** Whoever is being called picks up. */
  | { readonly kind: 'connect' }
  /** The agent who has a callback calls the customer. */
  | { readonly kind: 'place-callback' }
  /** A message is written, by the customer unless an agent is named. */
  | {
      readonly kind: 'message';
      readonly text?: string | undefined;
      readonly by?: 'customer' | 'agent' | undefined;
    }
  /** Hold, mute, record, wrap up: what `MediaParticipantRequest` takes. */
  | { readonly kind: 'update'; readonly participantId: string; readonly request: MediaRequest }
  /** One participant leaves. */
  | { readonly kind: 'leave'; readonly participantId: string };

type Play<K extends Move['kind']> = (
  world: World,
  conversation: ConversationState,
  move: Extract<Move, { readonly kind: K }>,
) => void;

const PLAYS: { readonly [K in Move['kind']]: Play<K> } = {
  enqueue: (world, conversation, move) =>
    void enqueue(world, conversation, requireQueue(world, move.queue)),
  alert: (world, conversation, move) =>
    void alert(world, conversation, requireUser(world, move.user)),
  answer: (world, conversation, move) =>
    answer(world, conversation, whoAnswers(world, conversation, move.user)),
  decline: (world, conversation) => decline(world, conversation, requireAlerting(conversation)),
  'blind-transfer': (world, conversation, move) =>
    void blindTransfer(world, conversation, targetOf(world, move)),
  consult: (world, conversation, move) => void consult(world, conversation, targetOf(world, move)),
  'complete-consult': completeConsult,
  'cancel-consult': cancelConsult,
  conference,
  connect: connectFarEnd,
  'place-callback': placeCallback,
  message: (world, conversation, move) =>
    void addMessage(world, conversation, { by: move.by ?? 'customer', text: move.text ?? '' }),
  update: (world, conversation, move) => {
    const participant = requireParticipant(conversation, move.participantId);
    applyMediaRequest(world, { conversation, participant }, move.request);
  },
  leave: (world, conversation, move) =>
    removeParticipant(world, conversation, requireParticipant(conversation, move.participantId)),
};

/** @throws {PlatformError} 404 for an unknown name, 409 for what cannot be done now */
export function moveConversation(world: World, conversation: ConversationState, move: Move): void {
  // Wrapping up is the one thing that is done after the end.
  if (conversation.endedAt !== undefined && move.kind !== 'update') {
    throw impossible('the conversation has ended');
  }
  const play = PLAYS[move.kind] as Play<Move['kind']>;
  play(world, conversation, move);
}

function targetOf(world: World, { queue, user, address }: MoveTarget): Target {
  if (queue !== undefined) return { kind: 'queue', queue: requireQueue(world, queue) };
  if (user !== undefined) return { kind: 'user', user: requireUser(world, user) };
  if (address !== undefined) return { kind: 'address', address };
  throw impossible('neither a queue nor a user nor an address is named');
}

function requireParticipant(conversation: ConversationState, id: string): ParticipantState {
  const found = conversation.participants.find((p) => p.id === id);
  if (found === undefined) throw notFound(`no participant ${id}`);
  return found;
}

export function requireUser(world: World, idOrName: string): UserState {
  const user = world.findUser(idOrName);
  if (user === undefined) throw notFound(`no user with id or name "${idOrName}"`);
  return user;
}

function whoAnswers(
  world: World,
  conversation: ConversationState,
  named: string | undefined,
): ParticipantState {
  if (named === undefined) return requireAlerting(conversation);
  const user = requireUser(world, named);
  const alerting = conversation.participants.find((p) => p.userId === user.id && isAlerting(p));
  return alerting ?? alert(world, conversation, user);
}

function requireAlerting(conversation: ConversationState): ParticipantState {
  const alerting = conversation.participants.findLast(isAlerting);
  if (alerting === undefined) throw impossible('nobody is alerting');
  return alerting;
}

const isAlerting = (participant: ParticipantState): boolean =>
  isActive(participant) && isStaff(participant) && mainLeg(participant)?.state === 'alerting';
