import { notFound } from '../http/errors.ts';
import { PlatformError } from '../http/platform-error.ts';
import type { ConversationState, ParticipantState, UserState } from '../world/model.ts';
import type { World } from '../world/world.ts';
import { removeParticipant } from './end.ts';
import { alert, answer, decline, enqueue } from './routing.ts';
import { requireQueue } from './start.ts';
import { isActive, isStaff, mainLeg } from './state.ts';

/** Something that somebody on the platform's side does. Queues and users are given by id or name. */
export type Move =
  /** It goes to a queue: from the flow, or as a blind transfer by the agent who has it. */
  | { readonly kind: 'enqueue'; readonly queue: string }
  /** It is offered to a user. */
  | { readonly kind: 'alert'; readonly user: string }
  /** A user takes it; whoever is alerting unless one is named, who is then offered it first. */
  | { readonly kind: 'answer'; readonly user?: string | undefined }
  /** Whoever is alerting does not take it. */
  | { readonly kind: 'decline' }
  /** One participant leaves. */
  | { readonly kind: 'leave'; readonly participantId: string };

/** @throws {PlatformError} 404 for an unknown name, 409 for what cannot be done now */
export function moveConversation(world: World, conversation: ConversationState, move: Move): void {
  if (conversation.endedAt !== undefined) throw impossible('the conversation has ended');
  switch (move.kind) {
    case 'enqueue':
      enqueue(world, conversation, requireQueue(world, move.queue));
      return;
    case 'alert':
      alert(world, conversation, requireUser(world, move.user));
      return;
    case 'answer':
      answer(world, conversation, whoAnswers(world, conversation, move.user));
      return;
    case 'decline':
      decline(world, conversation, requireAlerting(conversation));
      return;
    case 'leave': {
      const leaving = conversation.participants.find((p) => p.id === move.participantId);
      if (leaving === undefined) throw notFound(`no participant ${move.participantId}`);
      removeParticipant(world, conversation, leaving);
    }
  }
}

export const impossible = (why: string): PlatformError =>
  new PlatformError({
    status: 409,
    code: 'emulator.impossible',
    message: `This cannot happen now: ${why}.`,
  });

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
