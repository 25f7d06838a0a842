import { levelOf, messageOf } from '../domain/errors.ts';
import type { ConversationId } from '../domain/ids.ts';
import type { EnrichmentRequest } from '../domain/request.ts';
import type { Sharing } from '../domain/sharing.ts';
import { backoffMs } from '../lib/backoff.ts';
import type { Log } from '../lib/log.ts';
import { erasePerson, type Erased, type EraseOrder } from './erase/erase.ts';
import type { Forget } from './erase/erasures.ts';
import { Forgetters } from './erase/forgetters.ts';
import { createPersonDigest, type PersonDigest } from './erase/person-digest.ts';
import { outcomeMissing } from './errors.ts';
import type {
  Acceptance,
  AcceptedWork,
  Ledger,
  Observed,
  StoreHealth,
  TurnEnd,
  Wake,
} from './ledger.ts';
import { LostClaims } from './turns/lost-claims.ts';
import { acceptancesOf, acceptedClaim, acceptUnit } from './turns/accept.ts';
import { claimBatchOf, claimUnit, returnClaim } from './turns/claim.ts';
import { dropDuty, holdDuty } from './instances/duty.ts';
import {
  beat,
  touchProbe,
  leave,
  takeBackOwn,
  takeBackOwnOutbox,
  takeOver,
  takeOverOutbox,
} from './instances/liveness.ts';
import { createNotes, type Notes } from './instances/notes.ts';
import { heldOf, holdUnit } from './turns/hold.ts';
import { LastSettled, settledOf, type SettledConversation } from './turns/last-settled.ts';
import { observeUnit, wakeStatement } from './turns/observe.ts';
import { replayOf } from './turns/replay.ts';
import { deadUnit, retryUnit, settleUnit } from './turns/settle.ts';
import type { SettleContext } from './turns/settle.ts';
import type { Outbox } from './outbox/outbox.ts';
import type { RetentionOptions } from './options.ts';
import { sweep, type Swept } from './retention/retention.ts';
import { SqlOutbox } from './outbox/sql-outbox.ts';
import { SqlSharing } from './sharing/sharing.ts';
import { SqlReader } from './reading/sql-reader.ts';
import { Signals } from './signals.ts';
import { maybeNumber } from './sql/codec.ts';
import type { SqlRow, Unit, UnitResult } from './sql/statement.ts';
import type { Store } from './sql/store.ts';
import { WatchedStore } from './sql/watched-store.ts';
import {
  MAX_ATTEMPTS,
  type Claim,
  type ClaimBatch,
  type Failure,
  type Settlement,
  type TurnWrites,
} from './turn.ts';

/** Wait before the second attempt and the longest wait before a later one, in milliseconds. */
const RETRY = { baseMs: 1_000, maxMs: 300_000 };

export interface SqlLedgerParts {
  readonly store: Store;
  readonly leases: 'process' | 'beaten';
  readonly installationKey: Uint8Array;
  readonly newId: () => string;
  readonly random: () => number;
  readonly log: Log;
}

export class SqlLedger extends SqlReader implements Ledger {
  readonly instanceId: string;
  readonly leases: 'process' | 'beaten';
  readonly installationKey: Uint8Array;
  override readonly outbox: Outbox;
  readonly sharing: Sharing;
  readonly #newId: () => string;
  readonly #random: () => number;
  readonly #log: Log;
  readonly #lost = new LostClaims();
  readonly #lastSettled = new LastSettled();
  readonly #watched: WatchedStore;
  readonly #signals: Signals;
  readonly notes: Notes;
  readonly #personDigest: PersonDigest;
  readonly #forgetters: Forgetters;

  constructor(parts: SqlLedgerParts) {
    const store = new WatchedStore(parts.store);
    super(store);
    this.#watched = store;
    this.notes = createNotes(store);
    this.leases = parts.leases;
    this.installationKey = parts.installationKey;
    this.#newId = parts.newId;
    this.#random = parts.random;
    this.#log = parts.log;
    this.instanceId = parts.newId();
    this.sharing = new SqlSharing(store, this.instanceId);
    this.#signals = new Signals(store, (error) =>
      this.#log.error('ledger.listener-failed', { error }),
    );
    this.#personDigest = createPersonDigest(parts.installationKey);
    this.#forgetters = new Forgetters(this.#personDigest, store.now());
    this.#forgetters.add(() => {
      this.#lastSettled.clear();
      return 0;
    });
    this.outbox = new SqlOutbox({
      store,
      owner: this.instanceId,
      newId: this.#newId,
      waiting: this.#signals.waiting,
      list: (query) => this.listOutbox(query),
    });
  }

  get health(): StoreHealth {
    return this.#watched.health;
  }

  async probe(): Promise<void> {
    await this.#run([touchProbe({})]);
    this.#watched.proved();
  }

  async accept(requests: readonly EnrichmentRequest[]): Promise<readonly Acceptance[]> {
    return (await this.acceptAndClaim(requests, new Set())).acceptances;
  }

  async acceptAndClaim(
    requests: readonly EnrichmentRequest[],
    wanted: ReadonlySet<ConversationId>,
  ): Promise<AcceptedWork> {
    const groups = [...Map.groupBy(requests, (request) => request.conversationId)];
    const accepted = await Promise.all(
      groups.map(([id, group]) =>
        this.#acceptGroup(group, wanted.has(id) ? this.instanceId : undefined),
      ),
    ).finally(() => {
      for (const [id] of groups) this.#lastSettled.drop(id);
    });
    const claims = accepted.flatMap(({ claim }) => claim ?? []);
    if (claims.length < groups.length) this.#signals.tellDue(0);
    const answers = new Map(accepted.flatMap((group) => [...group.answers]));
    return { acceptances: requests.flatMap((request) => answers.get(request) ?? []), claims };
  }

  async #acceptGroup(
    group: readonly EnrichmentRequest[],
    owner: string | undefined,
  ): Promise<AcceptedGroup> {
    const unit = acceptUnit(group, { newId: this.#newId, owner });
    let rows: UnitResult;
    try {
      rows = await this.#run(unit);
    } catch (error) {
      if (owner !== undefined && group[0] !== undefined) this.#lost.add(group[0].id);
      throw error;
    }
    // No statement of it is a guard.
    if (rows === 'refused') return { answers: new Map(), claim: undefined };
    const acceptances = acceptancesOf(group, rows);
    const answers = new Map(acceptances.map((acceptance, i) => [group[i], acceptance] as const));
    const [only] = group;
    const isClaim = owner !== undefined && only !== undefined && group.length === 1;
    return { answers, claim: isClaim ? acceptedClaim(only, rows) : undefined };
  }

  async claim(max: number): Promise<ClaimBatch> {
    const claim = this.#newId();
    const owner = this.instanceId;
    const result = await this.#lost.claim(claim, (lost) =>
      this.#run([
        ...claimUnit(owner, claim, max),
        ...lost.map((id) => returnClaim({ owner, claim: id })),
      ]),
    );
    const batch = claimBatchOf(result);
    for (const { conversationId } of batch.claims) this.#lastSettled.drop(conversationId);
    return batch;
  }

  async hold(id: ConversationId): Promise<Claim | undefined> {
    const held = heldOf(await this.#run(holdUnit(id, this.instanceId, this.#newId())));
    this.#lastSettled.drop(id);
    return held;
  }

  async settle(claim: Claim, settlement: Settlement): Promise<TurnEnd> {
    if (settlement.outcome === undefined && claim.requests.length > 0) {
      throw outcomeMissing(claim.conversationId, claim.requests.length);
    }
    const unit = settleUnit(claim, settlement, this.#at(claim));
    const row = await this.#end(claim, settlement, unit);
    if (row === 'fenced') return row;
    if (this.leases === 'process') this.#lastSettled.keep(settledOf(claim, settlement, row));
    return 'settled';
  }

  lastSettled(id: ConversationId): SettledConversation | undefined {
    return this.#lastSettled.get(id);
  }

  async fail(claim: Claim, failure: Failure): Promise<'retrying' | 'dead' | 'fenced'> {
    const isLast = !failure.retryable || claim.attempts >= MAX_ATTEMPTS;
    const unit = isLast
      ? deadUnit(claim, failure, { ...this.#at(claim), now: this.now() })
      : retryUnit(claim, failure, this.#at(claim), {
          delayMs: failure.retryAfterMs ?? backoffMs(claim.attempts, RETRY, this.#random),
          reason: failure.reason,
          refund: 0,
        });
    if ((await this.#end(claim, failure, unit)) === 'fenced') return 'fenced';
    return isLast ? 'dead' : 'retrying';
  }

  async handBack(claim: Claim, reason: string): Promise<TurnEnd> {
    const unit = retryUnit(claim, {}, this.#at(claim), { delayMs: 0, reason, refund: 1 });
    return (await this.#end(claim, {}, unit)) === 'fenced' ? 'fenced' : 'settled';
  }

  async observe(observed: Observed): Promise<'recorded' | 'stale'> {
    // What its turn settles is newer than what was read before, though the fence is the same.
    if (observed.basis.phase === 'leased') return 'stale';
    this.#lastSettled.drop(observed.conversationId);
    const result = await this.store.run(
      observeUnit(observed, {
        conversationId: observed.conversationId,
        fence: observed.basis.fence,
        newId: this.#newId,
        personDigest: this.#personDigest,
      }),
      'soon',
    );
    if (result === 'refused') return 'stale';
    this.#signals.tellWrites(observed.conversationId, observed);
    this.#signals.tellDue(waitOf(result));
    return 'recorded';
  }

  async wake(request: Wake): Promise<boolean> {
    const result = await this.#run([wakeStatement(request)]);
    this.#lastSettled.drop(request.conversationId);
    this.#signals.tellDue(waitOf(result));
    return touchedBy(result) > 0;
  }

  async replay(id: ConversationId, askedBy?: string): Promise<Acceptance | undefined> {
    const known = await this.find(id);
    if (known?.phase !== 'dead') return undefined;
    const [accepted] = await this.accept([replayOf(known, { newId: this.#newId, askedBy })]);
    return accepted;
  }

  onDue(listener: (inMs: number) => void): () => void {
    return this.#signals.due.add(listener);
  }

  onFeed(listener: (conversationId: ConversationId) => void): () => void {
    return this.#signals.feed.add(listener);
  }

  async beat(aliveForMs: number): Promise<void> {
    const result = await this.#run([
      beat({ id: this.instanceId, aliveForMs }),
      this.#forgetters.look(),
    ]);
    if (result !== 'refused') this.#forgetters.hear(result[1] ?? [], this.now());
  }

  takeOver(): Promise<number> {
    return this.#take([takeOver({}), takeOverOutbox({})]);
  }

  takeBackOwn(): Promise<number> {
    const owner = this.instanceId;
    return this.#take([takeBackOwn({ owner }), takeBackOwnOutbox({ owner })]);
  }

  async #take(unit: Unit): Promise<number> {
    const count = touchedBy(await this.#run(unit));
    if (count > 0) this.#signals.tellDue(0);
    return count;
  }

  async holdDuty(name: string, forMs: number): Promise<boolean> {
    return touchedBy(await this.#run([holdDuty({ name, owner: this.instanceId, forMs })])) > 0;
  }

  async dropDuty(name: string): Promise<void> {
    await this.#run([dropDuty({ name, owner: this.instanceId })]);
  }

  sealAudit(): Promise<number> {
    return this.audit.seal();
  }

  sweep(options: RetentionOptions, signal: AbortSignal): Promise<Swept> {
    this.#lastSettled.clear();
    return sweep({ store: this.store, audit: this.audit }, options, signal);
  }

  erase(order: EraseOrder): Promise<Erased> {
    return erasePerson(order, {
      store: this.store,
      newId: this.#newId,
      digest: this.#personDigest,
      instanceId: this.instanceId,
      forget: (record) => this.#forgetters.tellOwn(record, this.now()),
    }).finally(() => this.#lastSettled.clear());
  }

  onErasure(forget: Forget): () => void {
    return this.#forgetters.add(forget);
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    this.#signals[Symbol.dispose]();
    if (this.leases === 'beaten') {
      await this.#run([leave({ id: this.instanceId })]).catch((error: unknown) =>
        this.#log[levelOf(error, 'warn')]('ledger.leave-failed', { reason: messageOf(error) }),
      );
    }
    await super[Symbol.asyncDispose]();
  }

  /** The row as it is then, or what its statement told of it. */
  async #end(claim: Claim, writes: TurnWrites, unit: Unit): Promise<SqlRow | 'fenced'> {
    const result = await this.store.run(unit, 'soon');
    if (result === 'refused') {
      const { conversationId, fence, requests } = claim;
      this.#log.warn('ledger.fenced', { conversationId, traceId: requests[0]?.traceId, fence });
      return 'fenced';
    }
    this.#signals.tellWrites(claim.conversationId, writes);
    this.#signals.tellDue(waitOf(result));
    return result[0]?.[0] ?? {};
  }

  #run(unit: Unit): Promise<UnitResult> {
    return this.store.run(unit);
  }

  #at(claim: Claim): SettleContext {
    return {
      conversationId: claim.conversationId,
      fence: claim.fence,
      owner: this.instanceId,
      newId: this.#newId,
      personDigest: this.#personDigest,
    };
  }
}

interface AcceptedGroup {
  readonly answers: ReadonlyMap<EnrichmentRequest | undefined, Acceptance>;
  readonly claim: Claim | undefined;
}

/** How many rows the unit's first statement touched. */
const touchedBy = (result: UnitResult): number =>
  result === 'refused' ? 0 : (result[0]?.length ?? 0);

/** How long until the conversation that the unit's first statement touched is due, if at all. */
function waitOf(result: UnitResult): number | undefined {
  const row = result === 'refused' ? undefined : result[0]?.[0];
  return row === undefined ? undefined : maybeNumber(row, 'wait');
}
