import type { DetailKind, WorldEvent } from '../world/event.ts';
import type { Leg, Media, ParticipantState } from '../world/model.ts';
import type { World } from '../world/world.ts';

export type DetailEvent = Extract<WorldEvent, { readonly kind: 'detail' }>;

const MEDIA_TYPES: Readonly<Record<Media, string>> = {
  calls: 'VOICE',
  messages: 'MESSAGE',
  callbacks: 'CALLBACK',
  emails: 'EMAIL',
};

/** The body of `v2.detail.events.conversation.{id}.<detail>`, by the contract's event classes. */
export function detailBody(world: World, event: DetailEvent): Readonly<Record<string, unknown>> {
  const { conversation, participant } = event;
  const about = {
    eventTime: Math.floor(world.now()),
    conversationId: conversation.id,
    participantId: participant.id,
    conversationExternalContactIds: contactsOf(event),
    conversationExternalOrganizationIds: [],
  };
  if (event.detail === 'attributes') {
    return {
      ...about,
      attributes: Object.fromEntries(event.changed ?? participant.attributes),
      communications: participant.legs.map((leg) => ({
        id: leg.id,
        mediaType: MEDIA_TYPES[leg.media],
      })),
    };
  }
  return { ...about, ...legBody(event), ...ownBody(event, world) };
}

function contactsOf({ conversation }: DetailEvent): string[] {
  const ids = conversation.participants.map((participant) => participant.externalContactId);
  return ids.filter((id) => id !== undefined);
}

/** Members that every event about a leg has; a flow's lack the callback ones. */
function legBody({ detail, leg, participant }: DetailEvent): Readonly<Record<string, unknown>> {
  if (leg === undefined) return {};
  const isFlow = detail.startsWith('flow.');
  const isCall = leg.media === 'calls';
  return {
    sessionId: leg.id,
    mediaType: MEDIA_TYPES[leg.media],
    provider: leg.provider,
    direction: leg.direction.toUpperCase(),
    ani: isCall ? (participant.ani ?? leg.fromAddress) : undefined,
    dnis: isCall ? (participant.dnis ?? leg.toAddress) : undefined,
    addressFrom: isCall ? undefined : leg.fromAddress,
    addressTo: isCall ? undefined : leg.toAddress,
    subject: leg.subject,
    messageType: leg.messageType?.toUpperCase(),
    ...(isFlow
      ? {}
      : {
          callbackUserName: leg.callbackUserName,
          callbackNumbers: leg.callbackNumbers,
          callbackScheduledTime: leg.callbackScheduledAt,
        }),
  };
}

type Own = (event: DetailEvent, world: World) => Readonly<Record<string, unknown>>;

const OWN: Readonly<Record<DetailKind, Own>> = {
  'customer.start': ({ conversation, participant }) => ({
    externalContactId: participant.externalContactId,
    divisionId: conversation.divisionId,
  }),
  'customer.end': ({ conversation, participant, leg }) => ({
    externalContactId: participant.externalContactId,
    divisionId: conversation.divisionId,
    disconnectType: wordOf(leg),
    interactingDurationMs: durationOf(leg),
  }),
  'acd.start': ({ conversation, participant }) => ({
    queueId: participant.queueId,
    divisionId: conversation.divisionId,
    routingPriority: 0,
    requestedRoutingSkillIds: [],
    skillExpressionApplied: false,
  }),
  'acd.end': ({ conversation, participant, leg }) => ({
    queueId: participant.queueId,
    divisionId: conversation.divisionId,
    disconnectType: wordOf(leg),
    acdOutcome: leg?.disconnectType === 'transfer' ? 'ANSWERED' : 'ABANDON',
    answeredUserId: answeredBy(participant, conversation.participants),
    requestedRoutings: ['STANDARD'],
    connectedDurationMs: durationOf(leg),
  }),
  'user.start': ({ conversation, participant }) => ({
    userId: participant.userId,
    queueId: participant.queueId,
    divisionId: conversation.divisionId,
  }),
  'user.end': ({ conversation, participant, leg }) => ({
    userId: participant.userId,
    queueId: participant.queueId,
    divisionId: conversation.divisionId,
    disconnectType: wordOf(leg),
    interactingDurationMs: durationOf(leg),
  }),
  'flow.start': ({ conversation, participant }, world) => ({
    ...flowOf(world, participant),
    divisionId: conversation.divisionId,
  }),
  'flow.end': ({ conversation, participant, leg }, world) => ({
    ...flowOf(world, participant),
    divisionId: conversation.divisionId,
    disconnectType: wordOf(leg),
    connectedDurationMs: durationOf(leg),
    exitReason: leg?.disconnectType === 'transfer' ? 'TRANSFER' : 'DISCONNECT',
  }),
  contact: ({ conversation, participant }) => ({
    externalContactId: participant.externalContactId,
    divisionId: conversation.divisionId,
  }),
  acw: ({ participant }) => ({
    userId: participant.userId,
    queueId: participant.queueId,
    wrapupCode: participant.wrapup?.code,
    wrapupNotes: participant.wrapup?.notes,
  }),
  wrapup: ({ participant }) => ({
    queueId: participant.queueId,
    wrapupCode: participant.wrapup?.code,
    wrapupNotes: participant.wrapup?.notes,
  }),
  attributes: () => ({}),
};

const ownBody: Own = (event, world) => OWN[event.detail](event, world);

function flowOf(world: World, { flowId }: ParticipantState): Readonly<Record<string, unknown>> {
  const flow = world.flows.get(flowId ?? '');
  return { flowId, flowType: flow?.type, flowVersion: flow?.versions.at(-1)?.id };
}

/** Detail events shout where the REST API whispers: `TRANSFER_CONSULT` for `transfer.consult`. */
const wordOf = (leg: Leg | undefined): string | undefined =>
  leg?.disconnectType?.toUpperCase().replaceAll('.', '_');

function durationOf(leg: Leg | undefined): number | undefined {
  if (leg?.connectedAt === undefined || leg.disconnectedAt === undefined) return undefined;
  return Math.round(leg.disconnectedAt - leg.connectedAt);
}

function answeredBy(
  acd: ParticipantState,
  participants: readonly ParticipantState[],
): string | undefined {
  return participants.findLast(
    (p) => p.queueId === acd.queueId && p.connectedAt !== undefined && p.userId !== undefined,
  )?.userId;
}
