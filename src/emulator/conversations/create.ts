import type {
  ConversationState,
  Direction,
  Leg,
  LegState,
  Media,
  ParticipantState,
} from '../world/model.ts';
import type { World } from '../world/world.ts';

const PROVIDERS: Readonly<Record<Media, string>> = {
  calls: 'Edge',
  messages: 'PureCloud Messaging',
  callbacks: 'PureCloud Callback',
  emails: 'PureCloud Email',
};

export interface LegParts {
  readonly media: Media;
  readonly direction: Direction;
  readonly state: LegState;
  readonly fromAddress?: string | undefined;
  readonly toAddress?: string | undefined;
  readonly messageType?: string | undefined;
  readonly subject?: string | undefined;
  readonly callbackNumbers?: readonly string[] | undefined;
  readonly callbackUserName?: string | undefined;
  readonly callbackScheduledAt?: number | undefined;
  readonly peerId?: string | undefined;
}

export function createLeg(world: World, parts: LegParts): Leg {
  const now = world.now();
  return {
    ...parts,
    id: world.newId(),
    initialState: parts.state,
    provider: PROVIDERS[parts.media],
    held: false,
    muted: false,
    confined: false,
    recording: false,
    startedAt: now,
    alertingAt: parts.state === 'alerting' ? now : undefined,
    connectedAt: parts.state === 'connected' ? now : undefined,
    messages: [],
  };
}

export type ParticipantParts = Pick<
  ParticipantState,
  | 'purpose'
  | 'name'
  | 'userId'
  | 'queueId'
  | 'flowId'
  | 'externalContactId'
  | 'consultParticipantId'
  | 'address'
  | 'ani'
  | 'dnis'
> & { readonly leg: LegParts; readonly attributes?: ReadonlyMap<string, string> | undefined };

/** Adds a participant with one leg. Publishing is the caller's, once the whole step is done. */
export function addParticipant(
  world: World,
  conversation: ConversationState,
  parts: ParticipantParts,
): ParticipantState {
  const { leg, attributes, ...who } = parts;
  const now = world.now();
  const participant: ParticipantState = {
    ...who,
    id: world.newId(),
    startedAt: now,
    connectedAt: leg.state === 'connected' ? now : undefined,
    wrapupRequired: false,
    attributes: new Map(attributes),
    legs: [createLeg(world, leg)],
  };
  conversation.participants.push(participant);
  return participant;
}

export function createConversation(
  world: World,
  parts: {
    readonly media: Media;
    readonly direction: Direction;
    readonly divisionId: string;
    readonly address?: string | undefined;
  },
): ConversationState {
  const conversation: ConversationState = {
    ...parts,
    id: world.newId(),
    startedAt: world.now(),
    securePause: false,
    secure: undefined,
    participants: [],
  };
  world.conversations.set(conversation.id, conversation);
  return conversation;
}
