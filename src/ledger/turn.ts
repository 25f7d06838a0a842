import type { AttributeEntry, Digest } from '../domain/attribute-entry.ts';
import type { MediaType } from '../domain/conversation.ts';
import type { ConversationId, EnrichmentId, ParticipantId, TraceId } from '../domain/ids.ts';
import type { OutcomeSummary } from '../domain/outcome.ts';
import type { EnrichmentRequest, Lane } from '../domain/request.ts';

/** A request as it lies in the conversation's mailbox. */
export interface ClaimedRequest extends EnrichmentRequest {
  /** 1 for the conversation's first request, without gaps. */
  readonly arrival: number;
  readonly receivedAt: number;
}

/**
 * The right to work on one conversation, and everything a turn has to know to do so. It holds
 * until the claim is settled, failed or handed back, or until its owner is believed dead; then
 * the fence has moved on, and whatever the late holder tries to commit is refused.
 */
export interface Claim {
  readonly conversationId: ConversationId;
  /** Grows by one with each claim; the settle of an older one is refused. */
  readonly fence: number;
  /** Requests that had arrived at the claim; a settle answers those and leaves later ones open. */
  readonly arrivals: number;
  /** 1 at the first try. */
  readonly attempts: number;
  readonly lane: Lane;
  readonly participantId: ParticipantId | undefined;
  readonly media: MediaType | undefined;
  readonly firstSeenAt: number;
  readonly endedAt: number | undefined;
  /** By the store's clock. */
  readonly claimedAt: number;
  /** Why the conversation is tried again: an error code, `taken over`, `handed back`. */
  readonly reason: string | undefined;
  /** The earlier holder disappeared; it may have written, and may write once more. */
  readonly tookOver: boolean;
  /**
   * An earlier turn did not end in a settle: it failed, was handed back, or its holder disappeared.
   * It may have written, so this one looks before it writes.
   */
  readonly lookFirst: boolean;
  /** When the turn before this one began: a write of it may be applied late, counted from here. */
  readonly earlierTurnAt: number | undefined;
  /** Unanswered requests, in the order of their arrival. None when a deadline made the turn due. */
  readonly requests: readonly ClaimedRequest[];
  readonly entries: readonly AttributeEntry[];
}

export interface ClaimBatch {
  readonly claims: readonly Claim[];
  /** Until something else falls due, in milliseconds; 0 when it is due already. */
  readonly nextDueInMs: number | undefined;
}

/** One line of the audit: who did what to which keys. Holds digests, never values. */
export interface AuditDraft {
  /** `rapport`, or the name of the API key or person that asked. */
  readonly actor: string;
  /** `written`, `wiped`, `overwritten`, `reopened`, … */
  readonly action: string;
  readonly keys: readonly AuditKey[];
  readonly requestId?: EnrichmentId | undefined;
  readonly traceId?: TraceId | undefined;
  /** The platform's correlation ids of the requests that did it. */
  readonly correlationIds?: readonly string[] | undefined;
  /** How the enrichment went, on the row that says so. */
  readonly enrichment?: AuditedEnrichment | undefined;
}

export interface AuditedEnrichment {
  readonly success: boolean;
  /** Why it failed or was skipped: a code or a word, never a value. */
  readonly error?: string | undefined;
  /** From the oldest answered request to the outcome, in milliseconds. */
  readonly latencyMs?: number | undefined;
  /** SHA-256 of the patch; absent when nothing was to be written. */
  readonly payloadHash?: string | undefined;
}

export interface AuditKey {
  readonly participantId?: ParticipantId | undefined;
  readonly key: string;
  readonly digest?: Digest | undefined;
}

/** One message to somebody's webhook; delivered in order per destination and conversation. */
export interface OutboxDraft {
  readonly destination: string;
  readonly type: string;
  /** What is sent, as JSON. */
  readonly body: unknown;
  readonly traceId?: TraceId | undefined;
}

/** One numbered event for desktops and console. Kept for an hour. */
export interface FeedDraft {
  readonly kind: string;
  readonly body: unknown;
}

/** Who a conversation's customer is, so that the person can be found when they must be erased. */
export interface PersonKey {
  readonly kind: 'phone' | 'customer';
  readonly value: string;
}

/** What any end of a turn may leave behind, in the same transaction. */
export interface TurnWrites {
  /** The whole entries that changed. */
  readonly entries?: readonly AttributeEntry[] | undefined;
  readonly audit?: readonly AuditDraft[] | undefined;
  readonly outbox?: readonly OutboxDraft[] | undefined;
  readonly feed?: readonly FeedDraft[] | undefined;
  readonly persons?: readonly PersonKey[] | undefined;
}

export interface Settlement extends TurnWrites {
  /** Answers every request of the claim; may be left out only when the claim has none. */
  readonly outcome?: OutcomeSummary | undefined;
  /** When the conversation wants attention again, by the store's clock: the earliest deadline of its entries. */
  readonly nextDueAt?: number | undefined;
  readonly participantId?: ParticipantId | undefined;
  readonly media?: MediaType | undefined;
  readonly endedAt?: number | undefined;
  /** The conversation is over and nothing is pending: later requests are answered `skipped: ended`. */
  readonly closed?: boolean | undefined;
}

/** Attempts of one conversation's work before it is set aside. */
export const MAX_ATTEMPTS = 8;

export interface Failure extends TurnWrites {
  /** An error code, kept with the conversation and shown to operators. */
  readonly reason: string;
  readonly message?: string | undefined;
  readonly retryable: boolean;
  /** The earliest deadline of the conversation's entries: they do not wait for the next attempt. */
  readonly nextDueAt?: number | undefined;
  /** The server's own number, in milliseconds; wins over the backoff. */
  readonly retryAfterMs?: number | undefined;
  /** The platform's correlation ids of the turn's requests. */
  readonly correlationIds?: readonly string[] | undefined;
  /** What the outcome says when this was the last attempt; a plain one is made when left out. */
  readonly outcome?: OutcomeSummary | undefined;
}
