import type { ConversationState, Leg, Media, ParticipantState } from '../world/model.ts';

const MEDIA_TYPES: Readonly<Record<Media, string>> = {
  calls: 'voice',
  messages: 'message',
  callbacks: 'callback',
  emails: 'email',
};

export const mediaTypeOf = (media: Media): string => MEDIA_TYPES[media];

/** A conversation as the detail query shows it, or with attributes as the detail jobs do. */
export function viewDetail(
  conversation: ConversationState,
  attributesOf?: (participant: ParticipantState) => ReadonlyMap<string, string>,
): Readonly<Record<string, unknown>> {
  return {
    conversationId: conversation.id,
    conversationStart: iso(conversation.startedAt),
    conversationEnd: iso(conversation.endedAt),
    originatingDirection: conversation.direction,
    divisionIds: [conversation.divisionId],
    externalTag: conversation.externalTag,
    participants: conversation.participants.map((participant) => ({
      participantId: participant.id,
      participantName: participant.name,
      purpose: participant.purpose,
      userId: participant.userId,
      externalContactId: participant.externalContactId,
      attributes:
        attributesOf === undefined ? undefined : Object.fromEntries(attributesOf(participant)),
      sessions: participant.legs.map((leg) => viewSession(participant, leg)),
    })),
  };
}

function viewSession(participant: ParticipantState, leg: Leg): Readonly<Record<string, unknown>> {
  const isCall = leg.media === 'calls';
  return {
    sessionId: leg.id,
    mediaType: mediaTypeOf(leg.media),
    direction: leg.direction,
    provider: leg.provider,
    ani: isCall ? leg.fromAddress : undefined,
    dnis: isCall ? leg.toAddress : undefined,
    addressFrom: isCall ? undefined : leg.fromAddress,
    addressTo: isCall ? undefined : leg.toAddress,
    messageType: leg.messageType,
    callbackNumbers: leg.callbackNumbers,
    callbackUserName: leg.callbackUserName,
    segments: [
      {
        segmentStart: iso(leg.startedAt),
        segmentEnd: iso(leg.disconnectedAt),
        segmentType: segmentTypeOf(participant, leg),
        queueId: participant.queueId,
        subject: leg.subject,
        wrapUpCode: participant.wrapup?.code,
        conference: false,
      },
    ],
  };
}

function segmentTypeOf({ purpose }: ParticipantState, leg: Leg): string {
  if (purpose === 'ivr' || purpose === 'workflow') return 'ivr';
  return leg.connectedAt === undefined ? 'alert' : 'interact';
}

const iso = (at: number | undefined): string | undefined =>
  at === undefined ? undefined : new Date(at).toISOString();
