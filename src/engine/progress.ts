import type { AttributeEntry } from '../domain/attribute-entry.ts';
import type { ConversationId, TraceId } from '../domain/ids.ts';
import type { OutcomeSummary } from '../domain/outcome.ts';

/**
 * What has become durable about a conversation, told in the same process: to metrics, logs, and the
 * demo's screen. Instants are epoch milliseconds of the store's clock.
 */
export interface Progress {
  readonly conversationId: ConversationId;
  readonly at: number;
  /** Every key known of this conversation. */
  readonly entries: readonly AttributeEntry[];
  /** Of these, the ones whose state is another than before. */
  readonly changed: readonly AttributeEntry[];
  /** Set when a turn answered requests; an observation or a turn that only proves has none. */
  readonly answered: Answered | undefined;
  /** Set when the turn came to nothing for now and will be tried again: the reason, as a code. */
  readonly retrying?: string | undefined;
  /** Of the turn's first request; an observation has none. */
  readonly traceId?: TraceId | undefined;
  /** Requests to the platform that this cost, without proof reads, and proof reads. */
  readonly platformRequests: number;
  readonly proofRequests: number;
}

export interface Answered {
  /** When the oldest of the answered requests was accepted. */
  readonly receivedAt: number;
  readonly outcome: OutcomeSummary;
}

export type OnProgress = (progress: Progress) => void;
