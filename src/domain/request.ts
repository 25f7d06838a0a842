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
 * What a conversation's work is for: `live` is a call or chat that just came in; `manual` was asked
 * for by a person or a program; `verify` reads to prove what was written; the rest is `backfill`.
 */
export type Lane = 'live' | 'manual' | 'verify' | 'backfill';

/**
 * Who goes first while requests to the platform are scarce, first to last; the ledger's waiting line
 * and the rate budget both go by it. Live work is lost when it is late, and one bulk run asks for
 * more than a day of calls, so what was asked for by hand stands behind it (decision 0014).
 */
export const LANES: readonly Lane[] = ['live', 'manual', 'verify', 'backfill'];

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
  /** Who asked, for the audit: `key:ivr`, `user:<id>`. Left out where nobody did but an event. */
  readonly askedBy?: string | undefined;
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
