import type { ConversationState, Leg, Media, ParticipantState } from '../../world/model.ts';
import { iso, isoOf, viewMediaOf, viewWrapup, type Audience } from './leg-view.ts';
import type { MediaConversationShape, MediaParticipantShape } from './shapes.ts';
import { divisionsOf, isRecording, legOf } from './conversation-view.ts';

/** A conversation as the per-media GET shows it, each participant flattened with its leg. */
export function viewMediaConversation(
  conversation: ConversationState,
  media: Media,
  audience: Audience = 'api',
): MediaConversationShape {
  return {
    id: conversation.id,
    participants: conversation.participants.flatMap((participant) => {
      const leg = legOf(participant, media);
      return leg === undefined ? [] : [viewMediaParticipant(participant, leg, audience)];
    }),
    otherMediaUris: [],
    recordingState: media === 'calls' ? (isRecording(conversation) ? 'active' : 'none') : undefined,
    divisions: divisionsOf(conversation),
    selfUri: `/api/v2/conversations/${media}/${conversation.id}`,
  };
}

function viewMediaParticipant(
  participant: ParticipantState,
  leg: Leg,
  audience: Audience,
): MediaParticipantShape {
  const {
    self: _self,
    other: _other,
    securePause: _pause,
    ...media
  } = viewMediaOf(participant, leg);
  const isCall = leg.media === 'calls';
  return {
    id: participant.id,
    name: participant.name,
    address: participant.address,
    startTime: isoOf(participant.startedAt),
    startAlertingTime: iso(leg.alertingAt),
    connectedTime: iso(leg.connectedAt),
    endTime: iso(participant.endedAt),
    startHoldTime: iso(leg.heldAt),
    purpose: participant.purpose,
    state: leg.state,
    direction: leg.direction,
    disconnectType: leg.disconnectType,
    held: leg.held,
    wrapupRequired: participant.wrapupRequired,
    wrapup: viewWrapup(participant, audience),
    startAcwTime: iso(participant.acwAt),
    endAcwTime: participant.wrapup?.endTime,
    mediaRoles: ['full'],
    user: refTo(participant.userId),
    queue: refTo(participant.queueId),
    externalContact: refTo(participant.externalContactId),
    attributes: Object.fromEntries(participant.attributes),
    provider: leg.provider,
    peer: leg.peerId,
    consultParticipantId: isCall ? participant.consultParticipantId : undefined,
    ani: isCall ? participant.ani : undefined,
    dnis: isCall ? participant.dnis : undefined,
    ...media,
  };
}

const refTo = (id: string | undefined): { readonly id: string } | undefined =>
  id === undefined ? undefined : { id };
