import type {
  ConversationState,
  DisconnectType,
  Leg,
  LegState,
  ParticipantState,
} from '../world/model.ts';
import type { World } from '../world/world.ts';

const OVER: ReadonlySet<LegState> = new Set(['disconnected', 'terminated']);

export const isLegOver = (leg: Leg): boolean => OVER.has(leg.state);

export const isActive = (participant: ParticipantState): boolean =>
  participant.endedAt === undefined;

export const mainLeg = (participant: ParticipantState): Leg | undefined =>
  participant.legs.findLast((leg) => !isLegOver(leg)) ?? participant.legs.at(-1);

export function activeWithPurpose(
  conversation: ConversationState,
  ...purposes: string[]
): ParticipantState | undefined {
  return conversation.participants.findLast((p) => isActive(p) && purposes.includes(p.purpose));
}

/** The far end: the first customer, else the first external party. */
export function customerOf(conversation: ConversationState): ParticipantState | undefined {
  const { participants } = conversation;
  return (
    participants.find((p) => p.purpose === 'customer') ??
    participants.find((p) => p.purpose === 'external')
  );
}

const PEOPLE: ReadonlySet<string> = new Set(['agent', 'user']);

export const isStaff = (participant: ParticipantState): boolean => PEOPLE.has(participant.purpose);

export function connectLeg(world: World, participant: ParticipantState): void {
  const leg = mainLeg(participant);
  if (leg === undefined || isLegOver(leg)) return;
  leg.state = 'connected';
  leg.connectedAt ??= world.now();
  participant.connectedAt ??= world.now();
}

/** Ends the participant's legs and the participant. Nothing happens to one that has left already. */
export function leave(world: World, participant: ParticipantState, why: DisconnectType): boolean {
  if (!isActive(participant)) return false;
  const now = world.now();
  for (const leg of participant.legs) {
    if (isLegOver(leg)) continue;
    leg.state = 'disconnected';
    leg.disconnectedAt = now;
    leg.disconnectType = why;
    leg.held = false;
  }
  participant.endedAt = now;
  return true;
}
