import type { Agents } from '../../access/agents.ts';
import type { Principal, Scope } from '../../access/principal.ts';
import type { Tickets } from '../../access/tickets.ts';
import type { ConversationId, EnrichmentId, TraceId } from '../../domain/ids.ts';
import type { RequestBody } from '../../domain/request.ts';
import type { Feed } from '../../feed/create-feed.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { Erased, EraseOrder } from '../../ledger/erase/erase.ts';
import type { ReadContext } from '../context.ts';
import type { LookupInput, LookupResult } from '../lookup.ts';

/** What the HTTP interface asks of the rest of the service; the wiring gives it. */
export interface HttpRooms {
  readonly clock: Clock;
  readonly newId: () => string;
  /** Which ledger this is the service of; the same for all its instances. */
  readonly ledgerId: string;
  /** Who sends this `Authorization` header; undefined when it names nobody. */
  readonly identify: (authorization: string | undefined) => Principal | undefined;
  /** Which agent's access token of the platform it holds; nobody's where agents may not come by one. */
  readonly identifyAgent: Agents['identify'];
  /** Whether it is known for some agent's already. */
  readonly knowsAgent: Agents['knows'];
  /** Whether who opened a stream may still read it: keys end, and are revoked. */
  readonly stillMay: (principal: Principal, scope: Scope) => boolean;
  /** @throws {RapportError} `ERR_NOT_ON_CONVERSATION` */
  readonly assertSees: (principal: Principal, conversationId: ConversationId) => Promise<void>;
  /** Resolves once the request is durable. */
  readonly ask: (order: Order) => Promise<Receipt>;
  /** The outcome of a request, waited for; undefined when it did not come in time. */
  readonly waitFor: (wait: Wait) => Promise<unknown>;
  /** Takes an event of any inlet's form. @throws {RapportError} when it does not prove where it comes from */
  readonly takeEvent: (event: InboundEvent) => Promise<EventReceipt>;
  /** Asks the sources and maps, as an enrichment would; writes nothing. */
  readonly lookup: (input: LookupInput) => Promise<LookupResult>;
  /** What is known of a conversation; undefined when nothing is. */
  readonly readConversation: (conversationId: ConversationId) => Promise<unknown>;
  /** The values that stand there; undefined when nothing is known of the conversation. */
  readonly readContext: ReadContext;
  readonly ledger: Pick<Ledger, 'conversations' | 'stats'> & {
    readonly audit: Pick<Ledger['audit'], 'list'>;
    readonly outbox: Pick<Ledger['outbox'], 'list'>;
  };
  /** Has a conversation that was set aside worked on again; undefined when it was not. */
  readonly replayConversation: Ledger['replay'];
  /** Sends a message again, though its destination had said 410. False when there is none such. */
  readonly replayDelivery: (id: string) => Promise<boolean>;
  /** Removes a person from everything that is kept or remembered. */
  readonly erase: (order: EraseOrder) => Promise<Erased>;
  readonly feed: Feed;
  readonly tickets: Tickets;
  /** Numbers of the running process, beside those of the ledger. */
  readonly stats: () => unknown;
  /** Reads the configuration again, on all instances. @throws {ConfigError} */
  readonly reload: () => Promise<ReloadReport>;
  /** Told of every answer; `ms` is undefined for a stream. */
  readonly onAnswered: (operation: string, status: number, ms: number | undefined) => void;
  /** Metrics as Prometheus reads them. */
  readonly metrics: () => Promise<{ readonly text: string; readonly mediaType: string }>;
  /** Empty when ready; else what is missing. */
  readonly unreadiness: () => readonly string[];
}

/** What a configuration that was read again changed: sections of it, by name. */
export interface ReloadReport {
  readonly applied: readonly string[];
  readonly needsRestart: readonly string[];
}

/** A wish of somebody who waits for the answer. */
export interface Order {
  readonly conversationId: ConversationId;
  readonly kind: 'enrich' | 'set';
  readonly body: RequestBody;
  readonly idempotencyKey: string | undefined;
}

export interface Receipt {
  readonly enrichmentId: EnrichmentId;
  readonly traceId: TraceId;
  /** True when an earlier request with the same key was already taken. */
  readonly duplicate: boolean;
}

export interface Wait {
  readonly conversationId: ConversationId;
  readonly enrichmentId: EnrichmentId;
  /** `settled`: the turn is over; `visible`: and every key has its verdict. */
  readonly until: 'settled' | 'visible';
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export interface InboundEvent {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The exact text, since signatures are over what was sent. */
  readonly raw: string;
  readonly body: unknown;
}

export interface EventReceipt {
  /** Requests made durable. */
  readonly accepted: number;
  /** Which those are; absent for none. */
  readonly requests?: readonly Receipt[] | undefined;
  readonly observed: number;
  readonly ignored?: string | undefined;
}
