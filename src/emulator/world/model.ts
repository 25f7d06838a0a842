import type { FlowStep } from '../architect/step.ts';

/** The REST name of a medium: how the platform's paths and participants list it. */
export type Media = 'calls' | 'messages' | 'callbacks' | 'emails';

export const MEDIA: readonly Media[] = ['calls', 'messages', 'callbacks', 'emails'];

export type Direction = 'inbound' | 'outbound';

export type LegState =
  | 'alerting'
  | 'dialing'
  | 'contacting'
  | 'offering'
  | 'connected'
  | 'disconnected'
  | 'terminated'
  | 'scheduled'
  | 'parked'
  | 'none';

/** Why a leg ended; the platform's own words, as far as the emulator makes them happen. */
export type DisconnectType =
  | 'endpoint'
  | 'client'
  | 'system'
  | 'timeout'
  | 'transfer'
  | 'transfer.conference'
  | 'transfer.consult'
  | 'transfer.noanswer'
  | 'peer'
  | 'inactivity'
  | 'session.expired';

export interface Wrapup {
  readonly code: string;
  readonly name: string;
  readonly notes?: string | undefined;
  readonly endTime: string;
}

/** One message inside a message leg. */
export interface LegMessage {
  readonly id: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly status: 'received' | 'sent';
}

/** One media leg ("communication") of a participant. Instants are epoch milliseconds. */
export interface Leg {
  readonly id: string;
  readonly media: Media;
  readonly direction: Direction;
  readonly initialState: LegState;
  readonly provider: string;
  /** The leg at the other end, where the platform names one. */
  peerId?: string | undefined;
  state: LegState;
  held: boolean;
  muted: boolean;
  confined: boolean;
  recording: boolean;
  startedAt: number;
  alertingAt?: number | undefined;
  connectedAt?: number | undefined;
  disconnectedAt?: number | undefined;
  heldAt?: number | undefined;
  disconnectType?: DisconnectType | undefined;
  readonly fromAddress?: string | undefined;
  readonly toAddress?: string | undefined;
  readonly messageType?: string | undefined;
  readonly messages: LegMessage[];
  readonly subject?: string | undefined;
  readonly callbackNumbers?: readonly string[] | undefined;
  readonly callbackUserName?: string | undefined;
  readonly callbackScheduledAt?: number | undefined;
}

export interface ParticipantState {
  readonly id: string;
  readonly purpose: string;
  readonly name?: string | undefined;
  readonly userId?: string | undefined;
  readonly queueId?: string | undefined;
  readonly flowId?: string | undefined;
  readonly externalContactId?: string | undefined;
  consultParticipantId?: string | undefined;
  readonly address?: string | undefined;
  readonly ani?: string | undefined;
  readonly dnis?: string | undefined;
  readonly startedAt: number;
  connectedAt?: number | undefined;
  endedAt?: number | undefined;
  wrapup?: Wrapup | undefined;
  wrapupRequired: boolean;
  /** After-call work, once begun. */
  acwAt?: number | undefined;
  attributes: ReadonlyMap<string, string>;
  readonly legs: Leg[];
}

export interface ConversationState {
  readonly id: string;
  /** The medium it began with. */
  readonly media: Media;
  readonly direction: Direction;
  readonly startedAt: number;
  endedAt?: number | undefined;
  readonly divisionId: string;
  readonly address?: string | undefined;
  externalTag?: string | undefined;
  securePause: boolean;
  secure: { version: number; attributes: ReadonlyMap<string, string> } | undefined;
  readonly participants: ParticipantState[];
}

export interface Organization {
  readonly id: string;
  readonly name: string;
}

export interface Division {
  readonly id: string;
  readonly name: string;
}

export interface UserState {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  /** Undefined: the user has no password sign-in. */
  readonly password: string | undefined;
  readonly divisionId: string;
  /** Permissions of the user's roles; `*` stands for all. */
  readonly permissions: readonly string[];
}

export interface QueueState {
  readonly id: string;
  readonly name: string;
  readonly divisionId: string;
  readonly createdAt: number;
}

/** Where customers' messages come in: an open-messaging integration, or a web-messaging deployment. */
export interface IntegrationState {
  readonly id: string;
  readonly name: string;
  readonly kind: 'open' | 'webmessaging';
  readonly queueId: string | undefined;
  readonly flowId: string | undefined;
}

/** A JSON schema document as the platform shows a flow's inputs and outputs. */
export interface FlowSchema {
  readonly title?: string | undefined;
  readonly type: 'object';
  readonly required?: readonly string[] | undefined;
  readonly properties: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** The contract has an object here, never a boolean. */
  readonly additionalProperties?: Readonly<Record<string, unknown>> | undefined;
}

export interface FlowVersionState {
  readonly id: string;
  readonly inputSchema: FlowSchema;
  readonly outputSchema: FlowSchema;
  /** Opaque JSON; undefined where the platform has none. */
  readonly configuration: unknown;
  readonly publishedAt: number;
}

export interface FlowState {
  readonly id: string;
  readonly name: string;
  /** `INBOUNDCALL`, `INBOUNDSHORTMESSAGE`, `WORKFLOW`, … */
  readonly type: string;
  readonly description?: string | undefined;
  readonly divisionId: string;
  readonly deleted: boolean;
  /** What it does with a conversation, in order. */
  readonly steps: readonly FlowStep[];
  /** Oldest first; the last one is published. */
  readonly versions: readonly FlowVersionState[];
}
