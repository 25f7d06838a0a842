import type { ConversationState, Leg, Media, ParticipantState } from '../../world/model.ts';
import type { World } from '../../world/world.ts';
import { iso, isoOf, viewLeg, type Audience } from './leg-view.ts';
import type {
  ConversationEventShape,
  ConversationShape,
  DivisionMembershipShape,
  LegShape,
  ParticipantShape,
} from './shapes.ts';
import { isLegOver } from '../state.ts';
import { viewWrapup } from './leg-view.ts';

/** A conversation as the generic GET shows it. */
export function viewConversation(world: World, conversation: ConversationState): ConversationShape {
  return {
    id: conversation.id,
    startTime: isoOf(conversation.startedAt),
    endTime: iso(conversation.endedAt),
    address: conversation.address,
    externalTag: conversation.externalTag,
    participants: conversation.participants.map((p) => viewParticipant(world, p, 'api')),
    conversationIds: [],
    recordingState: isRecording(conversation) ? 'ACTIVE' : 'NONE',
    securePause: conversation.securePause,
    divisions: divisionsOf(conversation),
    selfUri: `/api/v2/conversations/${conversation.id}`,
  };
}

/** A conversation as `v2.routing.queues.{id}.conversations` and its user twin carry it. */
export function viewConversationEvent(
  world: World,
  conversation: ConversationState,
): ConversationEventShape {
  return {
    id: conversation.id,
    participants: conversation.participants.map((p) => viewParticipant(world, p, 'event')),
    recordingState: isRecording(conversation) ? 'active' : 'none',
    address: conversation.address,
    externalTag: conversation.externalTag,
    securePause: conversation.securePause,
    divisions: divisionsOf(conversation),
  };
}

export function viewParticipant(
  world: World,
  participant: ParticipantState,
  audience: Audience,
): ParticipantShape {
  const forApi = audience === 'api';
  return {
    id: participant.id,
    startTime: forApi ? isoOf(participant.startedAt) : undefined,
    endTime: iso(participant.endedAt),
    connectedTime: iso(participant.connectedAt),
    name: participant.name,
    userId: participant.userId,
    externalContactId: participant.externalContactId,
    queueId: participant.queueId,
    queueName: forApi ? world.queues.get(participant.queueId ?? '')?.name : undefined,
    purpose: participant.purpose,
    consultParticipantId: participant.consultParticipantId,
    address: participant.address,
    ani: forApi ? participant.ani : undefined,
    dnis: forApi ? participant.dnis : undefined,
    wrapupRequired: participant.wrapupRequired,
    wrapup: viewWrapup(participant, audience),
    startAcwTime: iso(participant.acwAt),
    endAcwTime: participant.wrapup?.endTime,
    mediaRoles: ['full'],
    attributes: Object.fromEntries(participant.attributes),
    ...legsByMedia(participant, audience),
  };
}

/** The platform lists a participant's legs under the medium's name, and leaves out media it has none of. */
function legsByMedia(
  participant: ParticipantState,
  audience: Audience,
): Partial<Record<Media, LegShape[]>> {
  const lists: Partial<Record<Media, LegShape[]>> = {};
  for (const leg of participant.legs) {
    const list = (lists[leg.media] ??= []);
    list.push(viewLeg(participant, leg, audience));
  }
  return lists;
}

export function divisionsOf(conversation: ConversationState): DivisionMembershipShape[] {
  const id = conversation.divisionId;
  return [{ division: { id, selfUri: `/api/v2/authorization/divisions/${id}` }, entities: [] }];
}

export const isRecording = (conversation: ConversationState): boolean =>
  conversation.participants.some((p) => p.legs.some((leg) => leg.recording && !isLegOver(leg)));

/** The leg of that medium that a media participant shows: the live one, else the last; none for who has none. */
export function legOf(participant: ParticipantState, media: Media): Leg | undefined {
  const legs = participant.legs.filter((leg) => leg.media === media);
  return legs.findLast((leg) => !isLegOver(leg)) ?? legs.at(-1);
}
