import type { LegState } from '../../world/model.ts';

// What the emulator writes of a conversation, by the platform's names. A test compares these shapes
// with the types of the official SDK.

export interface AddressShape {
  readonly name?: string | undefined;
  readonly nameRaw?: string | undefined;
  readonly addressNormalized: string;
  readonly addressRaw: string;
  readonly addressDisplayable: string;
}

export interface WrapupShape {
  readonly code: string;
  readonly name?: string | undefined;
  readonly notes?: string | undefined;
  readonly endTime: string;
}

export interface SegmentShape {
  readonly startTime: string;
  readonly endTime: string;
  readonly type: string;
  readonly howEnded: string;
  readonly disconnectType: string;
}

export interface MessageDetailsShape {
  readonly messageId: string;
  readonly messageTime: string;
  readonly messageStatus: 'received' | 'sent';
  readonly messageSegmentCount: number;
}

export interface AfterCallWorkShape {
  readonly state: 'pending' | 'complete';
  readonly startTime?: string | undefined;
  readonly endTime?: string | undefined;
}

/** One leg; `segments` and `startAlertingTime` are absent in events. */
export interface LegShape {
  readonly id: string;
  readonly state: LegState;
  readonly initialState: LegState;
  readonly direction: 'inbound' | 'outbound';
  readonly held: boolean;
  readonly provider: string;
  readonly peerId?: string | undefined;
  readonly segments?: readonly SegmentShape[] | undefined;
  readonly disconnectType?: string | undefined;
  readonly startHoldTime?: string | undefined;
  readonly startAlertingTime?: string | undefined;
  readonly connectedTime?: string | undefined;
  readonly disconnectedTime?: string | undefined;
  readonly wrapup?: WrapupShape | undefined;
  readonly afterCallWork?: AfterCallWorkShape | undefined;
  readonly afterCallWorkRequired: boolean;
  readonly recording?: boolean | undefined;
  readonly recordingState?: 'none' | 'active' | undefined;
  readonly muted?: boolean | undefined;
  readonly confined?: boolean | undefined;
  readonly securePause?: boolean | undefined;
  readonly self?: AddressShape | undefined;
  readonly other?: AddressShape | undefined;
  readonly type?: string | undefined;
  readonly toAddress?: AddressShape | undefined;
  readonly fromAddress?: AddressShape | undefined;
  readonly messages?: readonly MessageDetailsShape[] | undefined;
  readonly callbackNumbers?: readonly string[] | undefined;
  readonly callbackUserName?: string | undefined;
  readonly callbackScheduledTime?: string | undefined;
  readonly subject?: string | undefined;
  readonly messagesSent?: number | undefined;
}

export interface ParticipantShape {
  readonly id: string;
  /** Absent in events. */
  readonly startTime?: string | undefined;
  readonly endTime?: string | undefined;
  readonly connectedTime?: string | undefined;
  readonly name?: string | undefined;
  readonly userId?: string | undefined;
  readonly externalContactId?: string | undefined;
  readonly queueId?: string | undefined;
  /** Absent in events. */
  readonly queueName?: string | undefined;
  readonly purpose: string;
  readonly consultParticipantId?: string | undefined;
  readonly address?: string | undefined;
  /** Absent in events. */
  readonly ani?: string | undefined;
  /** Absent in events. */
  readonly dnis?: string | undefined;
  readonly wrapupRequired: boolean;
  readonly wrapup?: WrapupShape | undefined;
  readonly startAcwTime?: string | undefined;
  readonly endAcwTime?: string | undefined;
  readonly mediaRoles: readonly string[];
  readonly attributes: Readonly<Record<string, string>>;
  readonly calls?: readonly LegShape[] | undefined;
  readonly callbacks?: readonly LegShape[] | undefined;
  readonly emails?: readonly LegShape[] | undefined;
  readonly messages?: readonly LegShape[] | undefined;
}

export interface DivisionMembershipShape {
  readonly division: { readonly id: string; readonly selfUri: string };
  readonly entities: readonly [];
}

export interface ConversationShape {
  readonly id: string;
  readonly startTime: string;
  readonly endTime?: string | undefined;
  readonly address?: string | undefined;
  readonly externalTag?: string | undefined;
  readonly participants: readonly ParticipantShape[];
  readonly conversationIds: readonly [];
  readonly recordingState: 'ACTIVE' | 'NONE';
  readonly securePause: boolean;
  readonly divisions: readonly DivisionMembershipShape[];
  readonly selfUri: string;
}

/** The body of a queue or user topic: no instants on top. */
export interface ConversationEventShape {
  readonly id: string;
  readonly participants: readonly ParticipantShape[];
  readonly recordingState: 'active' | 'none';
  readonly address?: string | undefined;
  readonly externalTag?: string | undefined;
  readonly securePause: boolean;
  readonly divisions: readonly DivisionMembershipShape[];
}

/** A participant of the per-media GET: one leg flattened into it. */
export interface MediaParticipantShape {
  readonly id: string;
  readonly name?: string | undefined;
  readonly address?: string | undefined;
  readonly startTime: string;
  readonly startAlertingTime?: string | undefined;
  readonly connectedTime?: string | undefined;
  readonly endTime?: string | undefined;
  readonly startHoldTime?: string | undefined;
  readonly purpose: string;
  readonly state: LegState;
  readonly direction: 'inbound' | 'outbound';
  readonly disconnectType?: string | undefined;
  readonly held: boolean;
  readonly wrapupRequired: boolean;
  readonly wrapup?: WrapupShape | undefined;
  readonly startAcwTime?: string | undefined;
  readonly endAcwTime?: string | undefined;
  readonly mediaRoles: readonly string[];
  readonly user?: { readonly id: string } | undefined;
  readonly queue?: { readonly id: string } | undefined;
  readonly externalContact?: { readonly id: string } | undefined;
  readonly attributes: Readonly<Record<string, string>>;
  readonly provider: string;
  readonly peer?: string | undefined;
  readonly consultParticipantId?: string | undefined;
  readonly ani?: string | undefined;
  readonly dnis?: string | undefined;
  readonly muted?: boolean | undefined;
  readonly confined?: boolean | undefined;
  readonly recording?: boolean | undefined;
  readonly recordingState?: 'none' | 'active' | undefined;
  readonly type?: string | undefined;
  readonly toAddress?: AddressShape | undefined;
  readonly fromAddress?: AddressShape | undefined;
  readonly messages?: readonly MessageDetailsShape[] | undefined;
  readonly callbackNumbers?: readonly string[] | undefined;
  readonly callbackUserName?: string | undefined;
  readonly callbackScheduledTime?: string | undefined;
  readonly subject?: string | undefined;
  readonly messagesSent?: number | undefined;
}

export interface MediaConversationShape {
  readonly id: string;
  readonly participants: readonly MediaParticipantShape[];
  readonly otherMediaUris: readonly [];
  readonly recordingState?: 'none' | 'active' | undefined;
  readonly divisions: readonly DivisionMembershipShape[];
  readonly selfUri: string;
}

/** A message in a per-media event, which names it by reference. */
export interface MessageDetailsEventShape extends Omit<MessageDetailsShape, 'messageId'> {
  readonly message: { readonly id: string };
}

export interface MediaParticipantEventShape extends Omit<
  MediaParticipantShape,
  'startAlertingTime' | 'toAddress' | 'fromAddress' | 'messages'
> {
  readonly messages?: readonly MessageDetailsEventShape[] | undefined;
}

/** The body of `….conversations.{media}` topics. */
export interface MediaConversationEventShape extends Omit<
  MediaConversationShape,
  'selfUri' | 'participants'
> {
  readonly participants: readonly MediaParticipantEventShape[];
}
