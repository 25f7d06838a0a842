/**
 * The ledger: nothing lost, nothing twice. One row per conversation is the unit of work; requests
 * are its mailbox; a turn is one claimed pass over it.
 *
 * The way of a request:
 *
 *     accept(requests)   durable before it resolves; duplicates are answered with the first id
 *     claim(max)         a lease on up to `max` due conversations, with all a turn has to know
 *     settle | fail | handBack (claim, …)   the end of the turn, in one transaction
 *
 * `fenced` from any end of a turn means that the lease was lost: another holder has the
 * conversation, nothing was committed, and everything that the turn knows is to be dropped.
 *
 * What the platform lets us see goes another way: `find` says whether the conversation is known and
 * what is remembered of it; `observe` records what changed, unless a turn has begun since (`stale`:
 * call `wake`, and the turn after that one looks for itself).
 *
 * All instants are epoch milliseconds of the store's clock: `now()`.
 */
import type { FeedPage } from '../domain/feed.ts';
import type { ConversationId, EnrichmentId, ParticipantId } from '../domain/ids.ts';
import type { EnrichmentRequest, Lane } from '../domain/request.ts';
import type { Sharing } from '../domain/sharing.ts';
import type { AuditReader } from './audit/audit.ts';
import type { Erased, EraseOrder } from './erase/erase.ts';
import type { Forget } from './erase/erasures.ts';
import type { Notes } from './instances/notes.ts';
import type { RetentionOptions } from './options.ts';
import type { Outbox } from './outbox/outbox.ts';
import type {
  ConversationQuery,
  ConversationRecord,
  KnownConversation,
  LedgerStats,
  OutcomeRecord,
  Page,
  RequestRecord,
} from './reading/records.ts';
import type { Swept } from './retention/retention.ts';
import type { When } from './sql/store.ts';
import type { SettledConversation } from './turns/last-settled.ts';
import type { Claim, ClaimBatch, Failure, Settlement, TurnWrites } from './turn.ts';

export interface Acceptance {
  /** The first request's id when this one is a duplicate of it. */
  readonly id: EnrichmentId;
  readonly conversationId: ConversationId;
  readonly duplicate: boolean;
  /** The conversation is over; the outcome is written already. */
  readonly skipped: 'ended' | undefined;
}

export interface AcceptedWork {
  readonly acceptances: readonly Acceptance[];
  readonly claims: readonly Claim[];
}

export interface Observed extends TurnWrites {
  readonly conversationId: ConversationId;
  /** As `find` gave it: what is recorded rests on the entries of that moment. */
  readonly basis: Pick<KnownConversation, 'phase' | 'fence' | 'dueAt' | 'feedSeq' | 'changedAt'>;
  /** The earliest deadline of all entries as they are now; undefined when nothing is waited for. */
  readonly nextDueAt?: number | undefined;
  /** Lane of the turn that falls due; `verify` unless told. */
  readonly lane?: Lane | undefined;
  readonly participantId?: ParticipantId | undefined;
  readonly endedAt?: number | undefined;
}

export interface Wake {
  readonly conversationId: ConversationId;
  readonly dueAt: number;
  readonly lane?: Lane | undefined;
}

/** How the store does, as far as it was asked for anything. */
export interface StoreHealth {
  /** What keeps it from taking changes, in a few words, until a `probe` succeeds; undefined for nothing. */
  readonly trouble: string | undefined;
  /** How often it failed since the start, at changes and questions, for reasons of its own, */
  readonly failures: number;
  /** and how the last time. */
  readonly lastFailure: unknown;
}

export type TurnEnd = 'settled' | 'fenced';

/** What can be read, also beside a running service. */
export interface LedgerReader extends AsyncDisposable {
  /** The store's clock. */
  now(): number;
  /** A conversation and what proof and guard remember of it; undefined when it is unknown. */
  find(id: ConversationId, when?: When): Promise<KnownConversation | undefined>;
  conversations(query?: ConversationQuery): Promise<readonly ConversationRecord[]>;
  /** A conversation's latest requests, first to last, each with its outcome. */
  requests(id: ConversationId, page?: Page): Promise<readonly RequestRecord[]>;
  /** One request by the id that was acknowledged. */
  request(id: EnrichmentId): Promise<RequestRecord | undefined>;
  /** A conversation's latest outcomes, first to last. */
  outcomes(id: ConversationId, page?: Page): Promise<readonly OutcomeRecord[]>;
  /** Feed events after number `after`, in order. */
  feedAfter(id: ConversationId, after: number, page?: Page): Promise<FeedPage>;
  /** Counts; `sinceMs` bounds the outcomes that are counted, by default the last hour. */
  stats(sinceMs?: number): Promise<LedgerStats>;
  /** Conversations that wait for a turn now. */
  depth(): Promise<number>;
  /** What digests are keyed by; undefined when no service has opened this ledger yet. */
  readInstallationKey(): Promise<Uint8Array | undefined>;
  readonly audit: AuditReader;
  readonly outbox: Pick<Outbox, 'list'>;
}

export interface Ledger extends LedgerReader {
  /** Who this process is to the others: new with every start. */
  readonly instanceId: string;
  /**
   * `process`: the file lock proves that nobody else is there, so nothing has to be beaten.
   * `beaten`: a lease lives as long as `beat` keeps being called.
   */
  readonly leases: 'process' | 'beaten';
  /** Keys digests; made once per ledger unless one was given. */
  readonly installationKey: Uint8Array;
  readonly outbox: Outbox;
  /** What instances on one OAuth client share; of use where `leases` is `beaten`. */
  readonly sharing: Sharing;
  /** What the instances on this ledger tell each other. */
  readonly notes: Notes;
  readonly health: StoreHealth;
  /** Changes a row of no meaning, to learn whether the store takes changes. @throws what `accept` throws */
  probe(): Promise<void>;

  /** Durable when it resolves. Requests of one conversation keep their order. */
  accept(requests: readonly EnrichmentRequest[]): Promise<readonly Acceptance[]>;
  /**
   * The same, and in the same commit a claim on each of these conversations that was idle and that
   * one request alone is for. Whoever asks has room to work on all of them at once.
   */
  acceptAndClaim(
    requests: readonly EnrichmentRequest[],
    wanted: ReadonlySet<ConversationId>,
  ): Promise<AcceptedWork>;
  claim(max: number): Promise<ClaimBatch>;
  /**
   * A claim on one conversation that somebody works on by hand, known before or not; undefined while
   * another holds it or requests of it wait.
   */
  hold(id: ConversationId): Promise<Claim | undefined>;
  settle(claim: Claim, settlement: Settlement): Promise<TurnEnd>;
  /** Tries again later, or sets the conversation aside when attempts are spent or it is no use. */
  fail(claim: Claim, failure: Failure): Promise<'retrying' | 'dead' | 'fenced'>;
  /** Gives the work back undone; the attempt does not count. */
  handBack(claim: Claim, reason: string): Promise<TurnEnd>;
  /**
   * What the last turn left of a conversation, if this ledger is sure that nothing has happened to it
   * since; undefined otherwise, and then `find` knows.
   */
  lastSettled(id: ConversationId): SettledConversation | undefined;
  observe(observed: Observed): Promise<'recorded' | 'stale'>;
  /** Makes a known conversation due; false when it is unknown, closed or set aside. */
  wake(wake: Wake): Promise<boolean>;
  /** Has a conversation that was set aside worked on again; undefined when it was not. */
  replay(id: ConversationId, askedBy?: string): Promise<Acceptance | undefined>;

  /** Called when something falls due in so many milliseconds: a hint. Returns how to stop. */
  onDue(listener: (inMs: number) => void): () => void;
  /** Called with the conversation when feed events were written. Returns how to stop. */
  onFeed(listener: (conversationId: ConversationId) => void): () => void;

  /** Says that this instance lives for so long; the store judges by its own clock. */
  beat(aliveForMs: number): Promise<void>;
  /** Makes due what dead instances held. How many conversations that were. */
  takeOver(): Promise<number>;
  /**
   * Makes due what this instance held under a lease that it lost. It lives again, so nobody else
   * would take that over. How many conversations that were.
   */
  takeBackOwn(): Promise<number>;
  /** Takes or keeps a duty for so long; false while another instance has it. */
  holdDuty(name: string, forMs: number): Promise<boolean>;
  dropDuty(name: string): Promise<void>;

  /** Gives audit rows older than a second their place in the chain. How many; the duty `sealer`. */
  sealAudit(): Promise<number>;
  /** Removes what is older than its time; the duty `sweeper`. */
  sweep(options: RetentionOptions, signal: AbortSignal): Promise<Swept>;
  /**
   * Removes a person from every table, and has every instance forget what it remembers of them: this
   * one before it resolves, the others with their next beat.
   */
  erase(order: EraseOrder): Promise<Erased>;
  /** Called with what is to be forgotten, by an erasure of this or another instance. Returns how to stop. */
  onErasure(forget: Forget): () => void;
}
