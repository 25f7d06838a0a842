import type { Attributes } from './attributes.ts';
import type { Conversation } from './conversation.ts';
import type { ConversationId, EnrichmentId, ParticipantId, TraceId } from './ids.ts';

/**
 * Why somebody wants a conversation worked on.
 * - `enrich`: look the customer up and write what the mapping says.
 * - `set`: write the given attributes as they are.
 * - `verify`: read and say what is there.
 * - `wipe`: remove the keys that are marked so.
 */
export type RequestKind = 'enrich' | 'set' | 'verify' | 'wipe';

/**
 * Who goes first when requests to the platform are scarce, first to last. A person who waits is
 * `manual`; a call that just came in is `live`; proof reads are `verify`; the rest is `backfill`.
 */
export type Lane = 'manual' | 'live' | 'verify' | 'backfill';

export const LANES: readonly Lane[] = ['manual', 'live', 'verify', 'backfill'];

/** What came with the request. Holds personal data: the ledger clears it when the request is settled. */
export interface RequestBody {
  /** Explicit target; wins over the resolver. */
  readonly participantId?: ParticipantId | undefined;
  /** Explicit purpose to look for; wins over the resolver's table. */
  readonly purpose?: string | undefined;
  /** The customer's id in the caller's own systems. */
  readonly externalId?: string | undefined;
  readonly phone?: string | undefined;
  readonly email?: string | undefined;
  /** The customer's address in a messaging channel, as the platform wrote it. */
  readonly address?: string | undefined;
  readonly externalContactId?: string | undefined;
  /** The conversation as the event carried it; spares the GET. */
  readonly conversation?: Conversation | undefined;
  /** Epoch milliseconds of that event, by the platform's clock. */
  readonly seenAt?: number | undefined;
  /** What to write, for kind `set`. */
  readonly attributes?: Attributes | undefined;
  readonly reason?: string | undefined;
}

/** One accepted wish to have a conversation worked on. Durable before it is acknowledged. */
export interface EnrichmentRequest {
  readonly id: EnrichmentId;
  readonly conversationId: ConversationId;
  readonly kind: RequestKind;
  readonly lane: Lane;
  /** Two requests with the same key are one; the second is answered with the first one's id. */
  readonly dedupeKey: string;
  readonly traceId: TraceId;
  readonly body: RequestBody;
}
