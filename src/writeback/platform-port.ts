import type { Attributes } from '../domain/attributes.ts';
import type { Conversation } from '../domain/conversation.ts';
import type { ConversationId, ParticipantId } from '../domain/ids.ts';
import type { BudgetLane } from '../genesys/budget/budget.ts';
import type { RequestEvent } from '../genesys/request-meter.ts';

/** What is told of a request that left, once it was answered or given up. */
export type SentRequest = Pick<RequestEvent, 'correlationId'>;

/** What goes with each call to the platform. */
export interface PortCall {
  readonly signal: AbortSignal;
  readonly lane: BudgetLane;
  /** Called once per request that leaves, repeated ones included. */
  readonly onRequest?: ((request: SentRequest) => void) | undefined;
  /** Called when a request is about to leave, however long it waited; what it throws keeps it back. */
  readonly beforeSend?: (() => void) | undefined;
}

export interface ParticipantRef {
  readonly conversationId: ConversationId;
  readonly participantId: ParticipantId;
}

/** Any path of the platform, for the profiles that use one of their own. */
export interface PortRequest {
  readonly operation: string;
  readonly method: 'GET' | 'PATCH';
  /** Below the API's URL, with every id encoded. */
  readonly path: string;
  readonly body?: unknown;
}

/**
 * The part of the platform that writing and proving needs. Failures are the platform client's own
 * errors: `PlatformError` with a status, `InDoubtError` when a change may have been made.
 */
export interface PlatformPort {
  getConversation(id: ConversationId, call: PortCall): Promise<Conversation>;
  /** Merges into the participant's attributes, key by key. */
  patchAttributes(target: ParticipantRef, changes: Attributes, call: PortCall): Promise<void>;
  getSecureAttributes(id: ConversationId, call: PortCall): Promise<Attributes>;
  /** Merges into the conversation's secure attributes, key by key. */
  patchSecureAttributes(id: ConversationId, changes: Attributes, call: PortCall): Promise<void>;
  /** Answers the parsed body. */
  send(request: PortRequest, call: PortCall): Promise<unknown>;
}
