import type { AttributeEntry } from '../../domain/attribute-entry.ts';
import {
  findParticipant,
  hasEnded,
  mediaOf,
  type Conversation,
  type Participant,
} from '../../domain/conversation.ts';
import type { ConversationId, ParticipantId, TraceId } from '../../domain/ids.ts';
import type { OutcomeSummary } from '../../domain/outcome.ts';
import type { Enrichment } from '../../enrich/enrichment.ts';
import { enrich, type EnrichDeps } from '../../enrich/pipeline.ts';
import { resolveCustomer } from '../../enrich/customer/resolve.ts';
import { isPlatformError } from '../../genesys/errors.ts';
import { MAX_ATTEMPTS, type Claim } from '../../ledger/turn.ts';
import { withFields } from '../../lib/log.ts';
import type { PlatformPort, SentRequest } from '../../writeback/platform-port.ts';
import type {
  WantedValue,
  WritebackDeps,
  WritebackInput,
  WritebackResult,
  WriteTarget,
} from '../../writeback/turn/input.ts';
import type { Sight } from '../../writeback/turn/sight.ts';
import { writeTurn } from '../../writeback/turn/write-turn.ts';
import type { ToOutbox } from '../analytics.ts';
import type { LiveTurns } from '../live-turns.ts';
import type { HeadStart, RunTurn, TurnContext, TurnResult } from '../run-turn.ts';
import type { Grant } from '../work-gate.ts';
import { readMailbox, type Mailbox } from './mailbox.ts';
import { toOutcome, toSkipped, type OutcomeParts } from './outcome.ts';
import { personsOf } from './persons.ts';
import { toSettlement, toWrites } from './settlement.ts';

export interface TurnParts<G extends Grant> {
  /** The mapping in force when the turn begins. */
  readonly enrich: () => EnrichDeps;
  readonly writeback: Omit<WritebackDeps, 'port' | 'signal' | 'arrived' | 'assertHeld' | 'resolve'>;
  /** The platform, on this turn's permits. */
  readonly portOf: (grant: G, traceId: TraceId) => PlatformPort;
  /** Gives the room for a read back: this turn knows its conversation already. */
  readonly spareRead: (grant: G) => void;
  /** Whether a subscribed topic carries this conversation's attributes. */
  readonly isCovered: (conversationId: ConversationId) => boolean;
  readonly toOutbox: ToOutbox;
  /** What is observed of conversations while their turns run. */
  readonly live: LiveTurns;
  /** For a turn that no request brought about. */
  readonly newTraceId: () => TraceId;
}

interface Seen {
  readonly conversation: Conversation;
  readonly sight: Sight;
}

/**
 * One turn, the one place that runs a conversation: what is known of it, who the customer is and
 * what they should have, the write, and what is to be settled.
 */
export function createTurn<G extends Grant>(parts: TurnParts<G>): RunTurn<G> {
  return (claim, context) => {
    parts.live.begin(claim.conversationId);
    return new Turn(parts, claim, context).run();
  };
}

class Turn<G extends Grant> {
  readonly #parts: TurnParts<G>;
  readonly #claim: Claim;
  readonly #context: TurnContext<G>;
  readonly #mailbox: Mailbox;
  readonly #mapping: EnrichDeps;
  readonly #traceId: TraceId;
  readonly #port: PlatformPort;
  readonly #stages: Record<string, number> = {};
  readonly #ownReads: SentRequest[] = [];
  #isAhead = false;

  constructor(parts: TurnParts<G>, claim: Claim, context: TurnContext<G>) {
    this.#parts = parts;
    this.#claim = claim;
    this.#context = context;
    this.#mailbox = readMailbox(claim);
    this.#mapping = parts.enrich();
    this.#traceId = claim.requests[0]?.traceId ?? parts.newTraceId();
    this.#port = parts.portOf(context.grant, this.#traceId);
  }

  async run(): Promise<TurnResult> {
    const { requests } = this.#mailbox;
    const receivedAt = requests[0]?.receivedAt;
    if (receivedAt !== undefined) {
      this.#stages['wait'] = Math.max(0, this.#parts.writeback.now() - receivedAt);
    }
    const seen = await this.#look();
    if (seen === 'unknown')
      return this.#skip('unknown-conversation', 'the platform knows no such conversation');
    const isLive =
      seen !== undefined && !hasEnded(seen.conversation) && this.#claim.endedAt === undefined;
    const enrichment =
      isLive && this.#mailbox.wantsEnrichment ? await this.#enrich(seen.conversation) : undefined;
    let written = await this.#timed('write', this.#write(seen, enrichment, true));
    if (written.needsValues.length > 0) written = await this.#restore(seen, written);
    return this.#conclude(seen, enrichment, written);
  }

  /**
   * The conversation as an event carried it, else as it is read now. A turn without requests reads
   * only when proof asks for it, and so does one that has to look before it writes.
   */
  async #look(): Promise<Seen | 'unknown' | undefined> {
    const { requests, body } = this.#mailbox;
    if (requests.length === 0) return undefined;
    const { conversation, seenAt } = body;
    if (conversation !== undefined && !this.#claim.lookFirst) {
      this.#parts.spareRead(this.#context.grant);
      return { conversation, sight: { source: 'event', at: seenAt, old: this.#isOld() } };
    }
    return this.#read();
  }

  /** Whether the snapshot has waited in the line for so long that others may have written since. */
  #isOld(): boolean {
    const { now, config } = this.#parts.writeback;
    const { snapshotAt } = this.#mailbox;
    return snapshotAt !== undefined && now() > snapshotAt + config.settleMs;
  }

  async #read(): Promise<Seen | 'unknown'> {
    const reading = this.#headStart() ?? {
      startedAt: this.#parts.writeback.now(),
      conversation: this.#port.getConversation(this.#claim.conversationId, {
        signal: this.#context.signal,
        lane: this.#claim.lane,
        onRequest: (request) => this.#ownReads.push(request),
      }),
    };
    const { startedAt } = reading;
    try {
      const conversation = await this.#timed('read', reading.conversation);
      return { conversation, sight: { source: 'read', startedAt } };
    } catch (error) {
      if (isPlatformError(error) && error.status === 404) return 'unknown';
      throw error;
    }
  }

  async #timed<T>(stage: string, work: Promise<T>): Promise<T> {
    const { clock } = this.#mapping;
    const startMs = clock.monotonicMs();
    const result = await work;
    this.#stages[stage] = clock.monotonicMs() - startMs;
    return result;
  }

  /** What was read ahead serves once, and counts as read by this turn. */
  #headStart(): HeadStart | undefined {
    const { headStart } = this.#context;
    if (this.#isAhead || headStart === undefined) return undefined;
    this.#isAhead = true;
    return headStart;
  }

  #enrich(conversation: Conversation): Promise<Enrichment> {
    const input = {
      conversation,
      request: this.#mailbox.body,
      traceId: this.#traceId,
      signal: this.#context.signal,
    };
    return enrich(input, this.#mapping);
  }

  #write(
    seen: Seen | undefined,
    enrichment: Enrichment | undefined,
    asked: boolean,
    entries: readonly AttributeEntry[] = this.#claim.entries,
  ): Promise<WritebackResult> {
    const { conversationId, lane, lookFirst, earlierTurnAt } = this.#claim;
    const isAgain = lookFirst && !this.#isEarlierKnown();
    const input: WritebackInput = {
      conversationId,
      seen,
      customerId: this.#customerOf(seen, enrichment),
      targets: this.#targets(seen, enrichment),
      asked: asked && this.#mailbox.requests.length > 0,
      entries,
      turn: this.#traceId,
      lane,
      covered: this.#parts.isCovered(conversationId),
      lookFirst: isAgain ? { earlierTurnAt } : undefined,
      wipe: this.#mailbox.wantsWipe || undefined,
      ended:
        this.#claim.endedAt !== undefined ||
        (seen !== undefined && hasEnded(seen.conversation)) ||
        undefined,
    };
    return writeTurn(input, {
      ...this.#parts.writeback,
      log: withFields(this.#parts.writeback.log, { traceId: this.#traceId }),
      port: this.#port,
      signal: this.#context.signal,
      arrived: () => this.#parts.live.take(conversationId),
      assertHeld: () => {
        this.#context.signal.throwIfAborted();
        if (this.#context.lease.remainingMs() === 0) throw new Error('the lease is no longer sure');
      },
      resolve: (conversation) => this.#resolve(conversation),
    });
  }

  /**
   * The only turn before this one ended by itself, and what it wrote is among the entries: its sources
   * had failed. The fence counts every claim, also one that was handed back and is not among the
   * attempts.
   */
  #isEarlierKnown(): boolean {
    const { fence, reason } = this.#claim;
    return fence === 2 && reason?.startsWith('ERR_SOURCE_') === true;
  }

  /** The guard wants keys back whose values only the sources know: they are looked up again. */
  async #restore(seen: Seen | undefined, first: WritebackResult): Promise<WritebackResult> {
    const known = first.conversation ?? seen?.conversation;
    const look = known === undefined ? await this.#read() : undefined;
    const conversation = known ?? (look === 'unknown' ? undefined : look?.conversation);
    if (conversation === undefined) return first;
    const enrichment = await this.#enrich(conversation);
    const again = await this.#write(seen, enrichment, false, first.entries);
    return {
      ...again,
      feed: [...first.feed, ...again.feed],
      messages: [...first.messages, ...again.messages],
      audit: [...first.audit, ...again.audit],
      alerts: [...first.alerts, ...again.alerts],
      changed: again.entries,
      platformRequests: first.platformRequests + again.platformRequests,
      proofRequests: first.proofRequests + again.proofRequests,
      correlationIds: [...first.correlationIds, ...again.correlationIds],
    };
  }

  #conclude(
    seen: Seen | undefined,
    enrichment: Enrichment | undefined,
    written: WritebackResult,
  ): TurnResult {
    const outcome = toOutcome({ ...this.#outcomeParts(), enrichment, written });
    const isFailed = enrichment?.retryable === true && enrichment.result === 'failed';
    if (isFailed && this.#mayTryAgain(written)) return this.#retry(outcome, written);
    return {
      kind: 'settle',
      spent: outcome,
      settlement: toSettlement({
        claim: this.#claim,
        outcome,
        written,
        persons: personsOf({
          enrichment,
          participant: this.#participantOf(seen, enrichment),
          body: this.#mailbox.body,
        }),
        participantId: this.#customerOf(seen, enrichment),
        media: seen && mediaOf(seen.conversation),
        traceId: this.#traceId,
        correlationIds: this.#correlationIds(written),
        toOutbox: this.#parts.toOutbox,
        now: this.#parts.writeback.now(),
      }),
    };
  }

  /**
   * Of a conversation without a key the last failure is an operator's to see. Keys that are known must
   * not be set aside with it: they are still to be proved, guarded and wiped.
   */
  #mayTryAgain({ ended, entries }: WritebackResult): boolean {
    return !ended && (entries.length === 0 || this.#claim.attempts < MAX_ATTEMPTS);
  }

  #retry(outcome: OutcomeSummary, written: WritebackResult): TurnResult {
    const { reason = 'source-failed', message } = outcome;
    const { conversationId } = this.#claim;
    const writes = toWrites(written, {
      conversationId,
      traceId: this.#traceId,
      correlationIds: this.#correlationIds(written),
      toOutbox: this.#parts.toOutbox,
      at: this.#parts.writeback.now(),
    });
    const { nextDueAt } = written;
    return { kind: 'retry', failure: { ...writes, reason, message, outcome, nextDueAt } };
  }

  #skip(reason: string, message: string): TurnResult {
    const outcome = toSkipped(this.#outcomeParts(), { result: 'failed', reason, message });
    const { conversationId } = this.#claim;
    const outbox = this.#parts.toOutbox({
      conversationId,
      messages: [],
      entries: [],
      failed: { traceId: this.#traceId },
      at: this.#parts.writeback.now(),
    });
    const correlationIds = this.#correlationIds();
    return { kind: 'dead', failure: { reason, message, outcome, outbox, correlationIds } };
  }

  #outcomeParts(): Omit<OutcomeParts, 'enrichment' | 'written'> {
    const { conversationId, requests } = this.#claim;
    return {
      conversationId,
      requests,
      traceId: this.#traceId,
      reads: this.#reads.length,
      stages: this.#stages,
    };
  }

  /** What this turn read itself, or had read ahead. */
  get #reads(): readonly SentRequest[] {
    return [...(this.#context.headStart?.requests() ?? []), ...this.#ownReads];
  }

  /** The platform's ids of everything that the turn sent. */
  #correlationIds(written?: WritebackResult): readonly string[] {
    const read = this.#reads.flatMap(({ correlationId }) => correlationId ?? []);
    return [...read, ...(written?.correlationIds ?? [])];
  }

  #targets(seen: Seen | undefined, enrichment: Enrichment | undefined): readonly WriteTarget[] {
    const wanted = new Map<string, WantedValue>();
    for (const planned of enrichment?.planned ?? []) {
      wanted.set(planned.key, { value: planned.text, class: planned.class, wipe: planned.wipe });
    }
    for (const [key, value] of this.#mailbox.set) {
      wanted.set(key, { value, class: 'public', wipe: false });
    }
    const { participantId } = this.#mailbox.body;
    const target = participantId ?? this.#customerOf(seen, enrichment);
    if (wanted.size === 0 || target === undefined) return [];
    return [{ participantId: target, wanted, isChosen: participantId !== undefined || undefined }];
  }

  #participantOf(
    seen: Seen | undefined,
    enrichment: Enrichment | undefined,
  ): Participant | undefined {
    if (enrichment?.participant !== undefined || seen === undefined) return enrichment?.participant;
    const id = this.#resolve(seen.conversation);
    return id === undefined ? undefined : findParticipant(seen.conversation, id);
  }

  #customerOf(
    seen: Seen | undefined,
    enrichment: Enrichment | undefined,
  ): ParticipantId | undefined {
    if (enrichment !== undefined) return enrichment.participant?.id;
    return seen === undefined ? this.#claim.participantId : this.#resolve(seen.conversation);
  }

  #resolve(conversation: Conversation): ParticipantId | undefined {
    const resolution = resolveCustomer(conversation, this.#mailbox.body);
    return resolution.kind === 'customer' ? resolution.participant.id : undefined;
  }
}
