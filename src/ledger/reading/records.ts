import type { AttributeEntry } from '../../domain/attribute-entry.ts';
import type { MediaType } from '../../domain/conversation.ts';
import type { ConversationId, ParticipantId } from '../../domain/ids.ts';
import type { OutcomeSummary } from '../../domain/outcome.ts';
import type { Lane } from '../../domain/request.ts';
import type { Spread } from '../../lib/percentile.ts';
import type { OutboxState } from '../outbox/outbox.ts';
import type { AuditedEnrichment, AuditKey, ClaimedRequest } from '../turn.ts';

/** What the ledger can be asked, as people and other rooms read it. All instants are the store's. */

export type Phase = 'idle' | 'due' | 'leased' | 'dead' | 'closed';

export interface ConversationRecord {
  readonly id: ConversationId;
  readonly phase: Phase;
  readonly lane: Lane;
  readonly dueAt: number | undefined;
  readonly fence: number;
  readonly arrivals: number;
  readonly attempts: number;
  readonly reason: string | undefined;
  readonly participantId: ParticipantId | undefined;
  readonly media: MediaType | undefined;
  readonly firstSeenAt: number;
  readonly endedAt: number | undefined;
  readonly changedAt: number;
  /** Number of the last feed event. */
  readonly feedSeq: number;
}

/** A conversation that the ledger knows, with everything that proof and guard remember of it. */
export interface KnownConversation extends ConversationRecord {
  readonly entries: readonly AttributeEntry[];
}

/** A request without what came with it. */
export interface RequestRecord extends Omit<ClaimedRequest, 'dedupeKey' | 'body'> {
  readonly outcome: OutcomeRecord | undefined;
}

export interface OutcomeRecord {
  readonly id: string;
  readonly conversationId: ConversationId;
  readonly fence: number;
  readonly at: number;
  readonly summary: OutcomeSummary;
}

export interface AuditRecord {
  readonly id: string;
  readonly conversationId: ConversationId | undefined;
  readonly at: number;
  readonly actor: string;
  readonly action: string;
  readonly keys: readonly AuditKey[];
  readonly requestId: string | undefined;
  readonly traceId: string | undefined;
  readonly correlationIds: readonly string[];
  readonly enrichment: AuditedEnrichment | undefined;
  /** Place in the chain; undefined until sealed. */
  readonly seq: number | undefined;
  readonly hash: string | undefined;
}

export interface Page {
  /** At most this many. Default 100. */
  readonly limit?: number | undefined;
}

export interface ConversationQuery extends Page {
  readonly phase?: Phase | undefined;
  /** The last of the page before; rows are given last changed first, and by id where that is equal. */
  readonly before?: { readonly changedAt: number; readonly id: string } | undefined;
}

export interface AuditQuery extends Page {
  readonly conversationId?: string | undefined;
  readonly action?: string | undefined;
  /** The id of the last row of the page before; rows are given newest first. */
  readonly before?: string | undefined;
}

export interface Backlog {
  readonly depth: number;
  /** How long the oldest has waited, in milliseconds; 0 when none waits. */
  readonly oldestMs: number;
}

export type OutboxCounts = Readonly<Record<OutboxState, number>>;

export interface DestinationBacklog extends OutboxCounts {
  /** Age of the oldest message that is still to be sent, in milliseconds; 0 when there is none. */
  readonly oldestMs: number;
}

export interface LedgerStats {
  readonly phases: Readonly<Record<Phase, number>>;
  /** Conversations that are due now and wait for a turn. */
  readonly depth: number;
  /** How long the oldest of them has waited, in milliseconds. */
  readonly oldestDueMs: number;
  /** The same for each lane. */
  readonly lanes: Readonly<Record<Lane, Backlog>>;
  readonly openRequests: number;
  readonly outbox: OutboxCounts;
  /** The same for each destination that has messages. */
  readonly destinations: Readonly<Record<string, DestinationBacklog>>;
  /** Turns by what became of them, since the instant that was asked for. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** From a request's arrival to its outcome, in milliseconds, over the latest of those outcomes. */
  readonly requestMs: Spread & { readonly samples: number };
}
