import type { EnrichmentId, TraceId } from '../../domain/ids.ts';
import type { RequestBody } from '../../domain/request.ts';

/** What the HTTP interface asks of the rest of the service; the wiring gives it. */
export interface HttpRooms {
  /** @throws {RapportError} with `httpStatus` 401 or 403 */
  readonly authorize: (authorization: string | undefined) => void;
  /** Resolves once the request is durable. */
  readonly enrich: (order: EnrichOrder) => Promise<EnrichReceipt>;
  /** Takes an event of any inlet's form. @throws {RapportError} when it does not prove where it comes from */
  readonly takeEvent: (event: InboundEvent) => Promise<EventReceipt>;
  /** What is known of a conversation; undefined when nothing is. */
  readonly readConversation: (conversationId: string) => Promise<unknown>;
  /** Empty when ready; else what is missing. */
  readonly unreadiness: () => readonly string[];
}

export interface EnrichOrder {
  readonly conversationId: string;
  readonly body: RequestBody;
  readonly idempotencyKey: string | undefined;
}

export interface EnrichReceipt {
  readonly enrichmentId: EnrichmentId;
  readonly traceId: TraceId;
  /** True when an earlier request with the same key was already taken. */
  readonly duplicate: boolean;
}

export interface InboundEvent {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The exact bytes, since signatures are over bytes. */
  readonly raw: string;
  readonly body: unknown;
}

export interface EventReceipt {
  /** Requests made durable. */
  readonly accepted: number;
  readonly observed: number;
  readonly ignored?: string | undefined;
}
