import type { Conversation } from '../domain/conversation.ts';
import type { EnrichmentRequest } from '../domain/request.ts';
import type { Claim, Failure, Settlement } from '../ledger/turn.ts';
import type { SentRequest } from '../writeback/platform-port.ts';
import type { Lease } from './lease.ts';
import type { Grant } from './work-gate.ts';

/** How a turn ends. Whatever it is, the ledger records it in one transaction. */
export type TurnResult =
  | { readonly kind: 'settle'; readonly settlement: Settlement; readonly spent?: Spent | undefined }
  /** Worth another try: later, with backoff, or after the server's own number. */
  | { readonly kind: 'retry'; readonly failure: Omit<Failure, 'retryable'> }
  /** No use trying again: the requests are answered as failed and the conversation is set aside. */
  | { readonly kind: 'dead'; readonly failure: Omit<Failure, 'retryable'> }
  /** Not done and not begun: no budget left, or the service stops. The attempt does not count. */
  | { readonly kind: 'hand-back'; readonly reason: string };

/** Requests to the platform that a turn cost. */
export interface Spent {
  /** Without proof reads. */
  readonly platformRequests: number;
  readonly proofRequests: number;
}

export interface TurnContext<G extends Grant = Grant> {
  /** Aborts when the lease may be lost or the service can wait no longer: send nothing more. */
  readonly signal: AbortSignal;
  /** Asked right before each write to the platform. */
  readonly lease: Lease;
  /** Room that was granted before the claim. The turn may spend it; the worker gives back the rest. */
  readonly grant: G;
  /** What was begun for this turn while its claim was being committed. */
  readonly headStart?: HeadStart | undefined;
}

/** The conversation, being read ahead of the claim. Nothing is written before there is one. */
export interface HeadStart {
  /** When it began, by the store's clock. */
  readonly startedAt: number;
  /** Requests that it has sent so far. */
  readonly requests: () => readonly SentRequest[];
  readonly conversation: Promise<Conversation>;
  /** The claim was not given: what is under way is stopped. */
  drop(): void;
}

/** Begins to read for a request that is being accepted; undefined when its turn will not need that. */
export type BeginAhead<G extends Grant = Grant> = (
  request: EnrichmentRequest,
  grant: G,
) => HeadStart | undefined;

/** Works on one conversation. A rejection is a failed attempt; its error says whether to retry. */
export type RunTurn<G extends Grant = Grant> = (
  claim: Claim,
  context: TurnContext<G>,
) => Promise<TurnResult>;
