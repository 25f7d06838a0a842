import type { AttributeEntry } from '../../src/domain/attribute-entry.ts';
import {
  parseConversationId,
  parseTraceId,
  type ConversationId,
  type EnrichmentId,
  type ParticipantId,
} from '../../src/domain/ids.ts';
import type { Observation } from '../../src/domain/observation.ts';
import type { RequestBody } from '../../src/domain/request.ts';
import { LiveTurns } from '../../src/engine/live-turns.ts';
import { Observer } from '../../src/engine/observe.ts';
import type { TurnResult } from '../../src/engine/run-turn.ts';
import { createTurn } from '../../src/engine/turn/create-turn.ts';
import { createGenesysClient, type GenesysClient } from '../../src/genesys/client.ts';
import { createIntake } from '../../src/intake/create-intake.ts';
import { createSeen } from '../../src/intake/seen.ts';
import type { Observed } from '../../src/ledger/ledger.ts';
import {
  MAX_ATTEMPTS,
  type Claim,
  type ClaimedRequest,
  type FeedDraft,
} from '../../src/ledger/turn.ts';
import { backoffMs } from '../../src/lib/backoff.ts';
import type { Clock, Timer } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { createWorkGate, type PermitGrant } from '../../src/service/wiring/work-gate.ts';
import { createClientPort } from '../../src/writeback/client-port.ts';
import type { PlatformPort } from '../../src/writeback/platform-port.ts';
import { createValueMemory } from '../../src/writeback/value-memory.ts';
import { Crm } from './crm.ts';
import type { Network } from './network.ts';
import type { PlatformMood } from './schedule.ts';
import { CLIENT, DIGEST, PLAN, TO_E164, WRITE } from './settings.ts';
import type { Stage } from './stage.ts';
import type { Told, Turn } from './told.ts';

/** Rapport's clock is not the platform's. */
const SKEW_MS = -123_456;
/** After a crash somebody else takes the conversation over, in milliseconds. */
const TAKE_OVER_MS = 15_000;
/** What the ledger does with a turn that failed. */
const RETRY = { baseMs: 1000, maxMs: 300_000 };
/** More turns than any schedule is worth. */
const MOST_TURNS = 300;

/** Puts something between the turn and the platform: a planted defect. */
export type WrapPort = (port: PlatformPort, service: Service) => PlatformPort;

/**
 * Rapport around one conversation: the client, the intake, the turn and the weighing of what is
 * observed are the real ones. The ledger is what one conversation needs of it, held in memory: its
 * mailbox, its entries, one turn at a time, the next one when it is due.
 */
export class Service {
  readonly stage: Stage;
  readonly client: GenesysClient;
  readonly told: Told[] = [];
  /** Turns under way and past, by the platform's clock. */
  readonly turns: Turn[] = [];
  readonly crm: Crm;
  /** Its attempts are spent: nothing is done for it until somebody asks again. */
  isSetAside = false;
  /** Told of every frame, before anything reads it. */
  onFrame: (text: string) => void = () => undefined;
  entries: ReadonlyMap<string, AttributeEntry> = new Map();
  readonly #clock: Clock;
  readonly #id: ConversationId;
  readonly #covered: boolean;
  readonly #wrap: WrapPort;
  readonly #inlet = createIntake({ seen: createSeen(), listensTo: () => true });
  readonly #dedupe = new Set<string>();
  #values = createValueMemory();
  #live = new LiveTurns();
  #observer = this.#startObserver();
  #mailbox: ClaimedRequest[] = [];
  #running: AbortController | undefined;
  #timer: Timer | undefined;
  #attempts = 0;
  #fence = 0;
  #reason: string | undefined;
  #turnAt: number | undefined;
  #participantId: ParticipantId | undefined;
  #endedAt: number | undefined;
  #isClosed = false;
  /** A process that has died still holds it, until somebody takes over. */
  #isOrphaned = false;
  /** While what a turn left unread is weighed: when that turn began. */
  #heldSince: number | undefined;
  #roomAt = 0;
  #serial = 0;

  constructor(
    stage: Stage,
    network: Network,
    parts: { readonly mood: PlatformMood; readonly wrap?: WrapPort | undefined },
  ) {
    this.stage = stage;
    this.crm = new Crm(stage.clock);
    this.#clock = shifted(stage.clock);
    this.#id = parseConversationId(stage.conversation.id);
    this.#covered = parts.mood.topics !== 'none';
    this.#wrap = parts.wrap ?? ((port) => port);
    const { wire } = network;
    this.client = createGenesysClient({
      config: CLIENT,
      clock: this.#clock,
      random: () => 0.5,
      wire,
    });
  }

  /** Subscribes as a listener does. @returns what stops listening */
  async listen(topics: PlatformMood['topics']): Promise<Disposable | undefined> {
    if (topics === 'none') return undefined;
    const { queue, details } = this.stage.topics;
    const channel = await this.client.notifications.createChannel();
    const wanted = topics === 'queue' ? [queue] : [queue, ...details];
    await this.client.notifications.replaceSubscriptions(channel.id, wanted);
    return this.stage.emulator.listen(channel.id, (text) => this.#receive(text));
  }

  /** Somebody asks for the enrichment of the conversation. */
  ask(): void {
    this.#accept({}, `ask-${(this.#serial += 1)}`);
  }

  /** The rate budget is spent: no turn begins for so long. */
  spendBudget(forMs: number): void {
    this.#roomAt = Math.max(this.#roomAt, this.#clock.monotonicMs() + forMs);
  }

  /** The process dies: what it knew is gone, and what it had sent goes its way. */
  crash(): void {
    if (this.#running === undefined) return;
    this.#running.abort(new Error('killed'));
    const turn = this.turns.at(-1);
    if (turn !== undefined) turn.isKilled = true;
    this.#running = undefined;
    this.#live = new LiveTurns();
    this.#observer = this.#startObserver();
    this.#values = createValueMemory();
    this.#reason = 'taken over';
    this.#isOrphaned = true;
    this.#dueIn(TAKE_OVER_MS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#timer?.cancel();
    await this.client[Symbol.asyncDispose]();
  }

  /** An event about the conversation, as if the platform had sent it. */
  weigh(observation: Observation): Promise<void> {
    return this.#observer.observe(observation);
  }

  /** Whether turn follows turn with no end. */
  get isRestless(): boolean {
    return this.turns.length > MOST_TURNS;
  }

  get conversationId(): ConversationId {
    return this.#id;
  }

  #receive(text: string): void {
    this.onFrame(text);
    const intake = this.#inlet.take(JSON.parse(text));
    if (intake.kind === 'ignored') return;
    for (const draft of intake.requests) {
      this.#accept(draft.body, draft.dedupeKey ?? `frame-${(this.#serial += 1)}`);
    }
    this.#inlet.accepted(intake.requests);
    for (const observation of intake.observations) void this.weigh(observation);
  }

  #accept(body: RequestBody, dedupeKey: string): void {
    if (this.#dedupe.has(dedupeKey) || this.#isClosed) return;
    this.#dedupe.add(dedupeKey);
    this.#mailbox.push({
      id: `request-${(this.#serial += 1)}` as EnrichmentId,
      conversationId: this.#id,
      kind: 'enrich',
      lane: 'live',
      dedupeKey,
      traceId: parseTraceId(`trace-${this.#serial}`),
      body,
      arrival: this.#serial,
      receivedAt: this.#clock.wallMs(),
    });
    // What waits for a retry or a take-over goes with it.
    if (this.#reason === undefined) this.#dueIn(0);
  }

  #dueIn(ms: number): void {
    if (this.isRestless) return;
    this.#timer?.cancel();
    if (this.#running !== undefined) return;
    this.#timer = this.stage.clock.timer(ms, () => void this.#turn());
  }

  async #turn(): Promise<void> {
    if (this.#running !== undefined) return;
    const busyMs = this.#roomAt - this.#clock.monotonicMs();
    if (busyMs > 0) {
      this.#dueIn(busyMs);
      return;
    }
    const running = new AbortController();
    this.#running = running;
    this.#isOrphaned = false;
    const gate = createWorkGate(this.client.budget);
    using grant = toDisposable(await gate.whenRoom(running.signal));
    const took: Turn = { from: this.stage.clock.wallMs(), to: undefined, isKilled: false };
    this.turns.push(took);
    const claim = this.#claim();
    const result = await this.#run(claim, running.signal, grant);
    took.to = this.stage.clock.wallMs();
    // Whoever was killed records nothing.
    if (this.#running !== running) return;
    this.#running = undefined;
    this.#end(claim, result, took.from);
    this.#heldSince = took.from;
    await this.#observer.turnOver(this.#id);
    this.#heldSince = undefined;
  }

  #claim(): Claim {
    this.#attempts += 1;
    this.#fence += 1;
    const earlierTurnAt = this.#turnAt;
    this.#turnAt = this.#clock.wallMs();
    return {
      conversationId: this.#id,
      fence: this.#fence,
      arrivals: this.#serial,
      attempts: this.#attempts,
      lane: this.#mailbox.length > 0 ? 'live' : 'verify',
      participantId: this.#participantId,
      media: undefined,
      firstSeenAt: 0,
      endedAt: this.#endedAt,
      claimedAt: this.#turnAt,
      reason: this.#reason,
      tookOver: this.#reason === 'taken over',
      lookFirst: this.#reason !== undefined || this.#attempts > 1,
      earlierTurnAt,
      requests: [...this.#mailbox],
      entries: [...this.entries.values()],
    };
  }

  async #run(claim: Claim, signal: AbortSignal, grant: PermitGrant): Promise<TurnResult> {
    const clock = this.#clock;
    const run = createTurn<PermitGrant>({
      enrich: () => ({
        plan: PLAN,
        clock,
        lookup: () => Promise.resolve(this.crm.lookUp()),
        loadPhones: () => Promise.resolve(TO_E164),
      }),
      writeback: {
        config: WRITE,
        clock,
        now: () => clock.wallMs(),
        digest: DIGEST,
        values: this.#values,
        random: () => 0.5,
        log: silentLog,
      },
      portOf: ({ permit }, traceId) =>
        this.#wrap(createClientPort({ client: this.client, traceId, permit }), this),
      spareRead: ({ permit }) => permit.shrink(1),
      isCovered: () => this.#covered,
      toOutbox: () => [],
      live: this.#live,
      newTraceId: () => parseTraceId(`trace-${(this.#serial += 1)}`),
    });
    const lease = {
      signal,
      remainingMs: () => (signal.aborted ? 0 : Number.POSITIVE_INFINITY),
    };
    try {
      return await run(claim, { signal, lease, grant });
    } catch (error) {
      return { kind: 'retry', failure: { reason: String(error) } };
    }
  }

  #end(claim: Claim, result: TurnResult, from: number): void {
    const answered = new Set(claim.requests.map(({ id }) => id));
    const answer = (): void => {
      this.#mailbox = this.#mailbox.filter(({ id }) => !answered.has(id));
      this.#attempts = 0;
      this.#reason = undefined;
    };
    if (result.kind === 'settle') {
      const { settlement } = result;
      answer();
      this.#participantId = settlement.participantId ?? this.#participantId;
      this.#endedAt ??= settlement.endedAt;
      this.#isClosed = settlement.closed === true;
      this.#keep(settlement.entries ?? []);
      this.#tell(settlement.feed ?? [], from);
      this.#dueNext(settlement.nextDueAt);
      return;
    }
    if (result.kind === 'hand-back') throw new Error(result.reason);
    const { failure } = result;
    this.#keep(failure.entries ?? []);
    this.#tell(failure.feed ?? [], from);
    if (result.kind === 'dead' || this.#attempts >= MAX_ATTEMPTS) {
      answer();
      this.isSetAside = true;
      this.#dueNext(undefined);
      return;
    }
    this.#reason = failure.reason;
    const retryMs = failure.retryAfterMs ?? backoffMs(this.#attempts, RETRY, () => 0.5);
    const proofMs = (failure.nextDueAt ?? Infinity) - this.#clock.wallMs();
    this.#dueIn(Math.max(0, Math.min(retryMs, proofMs)));
  }

  #startObserver(): Observer {
    return new Observer({
      live: this.#live,
      toOutbox: () => [],
      writeback: { now: () => this.#clock.wallMs(), digest: DIGEST, settings: WRITE },
      ledger: {
        now: () => this.#clock.wallMs(),
        lastSettled: () => undefined,
        find: () =>
          Promise.resolve({
            entries: [...this.entries.values()],
            phase: this.#phase,
            changedAt: 0,
            fence: this.#fence,
            endedAt: this.#endedAt,
            dueAt: undefined,
            feedSeq: 0,
          }),
        observe: (observed) => Promise.resolve(this.#record(observed)),
        wake: ({ dueAt }) => {
          if (!this.#isOrphaned) this.#dueNext(dueAt);
          return Promise.resolve(true);
        },
      },
    });
  }

  get #phase(): 'idle' | 'due' | 'leased' {
    if (this.#running !== undefined || this.#isOrphaned) return 'leased';
    return this.#mailbox.length > 0 ? 'due' : 'idle';
  }

  #record(observed: Observed): 'recorded' | 'stale' {
    const isLeased = this.#running !== undefined || this.#isOrphaned;
    if (observed.basis.fence !== this.#fence || isLeased) return 'stale';
    this.#endedAt ??= observed.endedAt;
    this.#keep(observed.entries ?? []);
    this.#tell(observed.feed ?? [], this.#heldSince ?? this.stage.clock.wallMs());
    if (this.#reason === undefined) this.#dueNext(observed.nextDueAt);
    return 'recorded';
  }

  #keep(changed: readonly AttributeEntry[]): void {
    const entries = new Map(this.entries);
    for (const entry of changed) entries.set(`${entry.participantId} ${entry.key}`, entry);
    this.entries = entries;
  }

  #tell(drafts: readonly FeedDraft[], from: number): void {
    for (const { kind, body } of drafts) {
      if (kind !== 'attribute') continue;
      const said = body as Pick<Told, 'participantId' | 'key' | 'state'>;
      this.told.push({ ...said, at: this.stage.clock.wallMs(), from });
    }
  }

  #dueNext(nextDueAt: number | undefined): void {
    this.#timer?.cancel();
    const now = this.#clock.wallMs();
    if (this.#mailbox.length > 0) this.#dueIn(0);
    else if (nextDueAt !== undefined) this.#dueIn(Math.max(0, nextDueAt - now));
  }

  /** Requests that nobody has answered. */
  get unanswered(): number {
    return this.#mailbox.length;
  }
}

function toDisposable(grant: PermitGrant): PermitGrant & Disposable {
  return { ...grant, [Symbol.dispose]: () => grant.release() };
}

function shifted(clock: Clock): Clock {
  return {
    wallMs: () => clock.wallMs() + SKEW_MS,
    monotonicMs: () => clock.monotonicMs(),
    timer: (delayMs, fire) => clock.timer(delayMs, fire),
  };
}
