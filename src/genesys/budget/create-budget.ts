import type { Clock, Timer } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { RATE_WINDOW_MS } from '../limits.ts';
import { AnswerLog } from './answer-log.ts';
import {
  BUDGET_LANES,
  type Budget,
  type BudgetLane,
  type BudgetSnapshot,
  type Permit,
  type RoomOptions,
  type Sending,
} from './budget.ts';
import { closedError, HeldPermit, type PermitDesk, type SendKey } from './held-permit.ts';
import { Lanes } from './lanes.ts';
import { LimitBook, type Fate } from './limit-book.ts';
import { ShareKeeper } from './share-keeper.ts';
import { WaitingLine, type Wait } from './waiting-line.ts';
import type { WindowStore } from './window-store.ts';
import { covers, dueMsOf, marginOf, roomOf, spareOf } from './window/state.ts';

export interface BudgetSettings {
  readonly clock: Clock;
  readonly log: Log;
  /** Most requests on their way at one time. */
  readonly maxInFlight: number;
  /** Requests a minute to keep to when answers carry no rate headers. */
  readonly assumePerMinute?: number | undefined;
  /** Where several instances on one token keep the window that they share; without it, all of it is this one's. */
  readonly store?: WindowStore | undefined;
}

/**
 * A new window is learned of by one request; if whoever was promised it has not sent it after this
 * long, in milliseconds, one more is promised, so that a slow lookup does not hold everybody back.
 */
const PROBE_PATIENCE_MS = 250;

export function createBudget(settings: BudgetSettings): Budget {
  return new LaneBudget(settings);
}

interface RoomKey {
  readonly lane: BudgetLane;
  readonly cost: number;
}

/** Requests do not queue here, promises do. */
class LaneBudget implements Budget, PermitDesk {
  readonly #settings: BudgetSettings;
  readonly #book: LimitBook;
  readonly #lanes = new Lanes();
  readonly #forRoom = new Map<BudgetLane, WaitingLine<RoomKey, Permit>>();
  readonly #toSend = new WaitingLine<SendKey, Sending>();
  readonly #answers: AnswerLog;
  readonly #keeper: ShareKeeper | undefined;
  #timer: { readonly dueMs: number; readonly timer: Timer } | undefined;
  /** When the last promise of a window that is not open yet was made. */
  #probePromisedMs = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  constructor(settings: BudgetSettings) {
    const { clock, log, store, assumePerMinute } = settings;
    this.#settings = settings;
    this.#answers = new AnswerLog(clock, log);
    this.#book = new LimitBook({ windowMs: RATE_WINDOW_MS, assumePerMinute }, store !== undefined);
    const onChange = (): void => this.#pump();
    this.#keeper = store && new ShareKeeper({ store, book: this.#book, clock, log, onChange });
    for (const lane of BUDGET_LANES) this.#forRoom.set(lane, new WaitingLine());
  }

  whenRoom(lane: BudgetLane, options: RoomOptions = {}): Promise<Permit> {
    if (this.#isClosed) return Promise.reject(closedError());
    const cost = Math.max(1, Math.floor(options.cost ?? 1));
    const wait = this.#line(lane).join({ lane, cost }, options.signal, () => this.#pump());
    this.#pump();
    return wait;
  }

  tryRoom(lane: BudgetLane, cost = 1): Permit | undefined {
    if (this.#isClosed) return undefined;
    const nowMs = this.#settings.clock.monotonicMs();
    this.#book.catchUp(nowMs);
    const first = this.#firstWaits();
    const isNext = BUDGET_LANES.slice(0, BUDGET_LANES.indexOf(lane) + 1).every(
      (better) => !first.has(better),
    );
    if (!isNext) return undefined;
    const costs = new Map([...first].map(([other, { key }]) => [other, key.cost]));
    costs.set(lane, cost);
    const { held, inFlight } = this.#book.token;
    const fits = this.#isUnknown()
      ? held === 0 && inFlight === 0
      : this.#lanes.next(this.#book.token, costs, nowMs) === lane;
    return fits && covers(this.#book.token, cost)
      ? this.#promise({ lane, cost }, nowMs)
      : undefined;
  }

  snapshot(): BudgetSnapshot {
    const nowMs = this.#settings.clock.monotonicMs();
    this.#book.catchUp(nowMs);
    const state = this.#book.token;
    const dueMs = dueMsOf(state);
    const kind = state.phase.kind;
    return {
      state: kind === 'open' && roomOf(state) < 1 ? 'spent' : kind,
      allowed: state.allowed,
      sent: state.sent,
      held: state.held,
      foreign: state.foreign,
      elsewhere: state.share === undefined ? 0 : state.share.claimedByAll - state.share.claimed,
      margin: marginOf(state),
      forecast: this.#lanes.forecast(state, nowMs),
      inFlight: this.#book.inFlight,
      endsInMs: Number.isFinite(dueMs) ? dueMs - nowMs : undefined,
      waiting: {
        guard: this.#line('guard').size,
        live: this.#line('live').size,
        manual: this.#line('manual').size,
        verify: this.#line('verify').size,
        backfill: this.#line('backfill').size,
      },
      rateLimited: { ...state.refusals },
    };
  }

  /** Called by permits. */
  send(key: SendKey, signal: AbortSignal | undefined): Promise<Sending> {
    if (this.#isClosed) return Promise.reject(closedError());
    if (signal?.aborted !== true) {
      const nowMs = this.#settings.clock.monotonicMs();
      this.#book.catchUp(nowMs);
      if (this.#toSend.size === 0 && this.#isFree(key.operation)) {
        return Promise.resolve(this.#start(key, nowMs));
      }
    }
    const wait = this.#toSend.join(key, signal, () => this.#pump());
    this.#pump();
    return wait;
  }

  /** Called by permits. */
  giveBack(lane: BudgetLane, cost: number): void {
    if (cost === 0) return;
    this.#book.giveBack(cost, this.#settings.clock.monotonicMs());
    this.#lanes.returned(lane, cost);
    this.#pump();
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.#timer?.timer.cancel();
    this.#timer = undefined;
    this.#keeper?.close();
    this.#toSend.rejectAll(closedError());
    for (const line of this.#forRoom.values()) line.rejectAll(closedError());
  }

  #line(lane: BudgetLane): WaitingLine<RoomKey, Permit> {
    const line = this.#forRoom.get(lane);
    if (line === undefined) throw new TypeError(`no such lane: ${lane}`);
    return line;
  }

  /** Serves whoever can be served, and sets the timer for the rest. */
  #pump(): void {
    if (this.#isClosed) return;
    const nowMs = this.#settings.clock.monotonicMs();
    this.#book.catchUp(nowMs);
    const isShared = this.#keeper !== undefined;
    if (!this.#isAwaited && this.#timer === undefined && !isShared) return;
    this.#serveSends(nowMs);
    this.#serveRoom(nowMs);
    this.#keeper?.look(this.#wanted(nowMs), nowMs);
    this.#setTimer(nowMs);
  }

  /** What those who still wait need of a shared window and the share does not cover; see `look`. */
  #wanted(nowMs: number): number | undefined {
    const state = this.#book.token;
    const { kind } = state.phase;
    const first = this.#firstWaits();
    if (!this.#isAwaited || kind === 'unlimited' || kind === 'frozen') return undefined;
    const lacking = this.#toSend.size > 0 ? Math.max(0, -spareOf(state)) : 0;
    if (kind === 'open') return lacking + costOf(this.#nextRoom(first, nowMs));
    if (kind === 'ended') return lacking + costOf(bestOf(first));
    if (state.inFlight > 0) return undefined;
    return lacking + costOf(this.#nextProbe(first, nowMs)) || undefined;
  }

  #serveSends(nowMs: number): void {
    for (let next = this.#nextSend(); next !== undefined; next = this.#nextSend()) {
      next.serve(this.#start(next.key, nowMs));
    }
  }

  /** Whether a request that nobody goes before may go at once. */
  #isFree(operation: string): boolean {
    return this.#book.inFlight < this.#settings.maxInFlight && this.#book.maySend(operation);
  }

  get #isAwaited(): boolean {
    if (this.#toSend.size > 0) return true;
    for (const line of this.#forRoom.values()) if (line.size > 0) return true;
    return false;
  }

  /** The best of those who may send now. */
  #nextSend(): Wait<SendKey, Sending> | undefined {
    if (this.#toSend.size === 0 || this.#book.inFlight >= this.#settings.maxInFlight) {
      return undefined;
    }
    let best: Wait<SendKey, Sending> | undefined;
    for (const wait of this.#toSend.entries) {
      const isBetter = best === undefined || wait.key.rank < best.key.rank;
      if (isBetter && this.#book.maySend(wait.key.operation)) best = wait;
    }
    return best;
  }

  #start({ permit, operation }: SendKey, nowMs: number): Sending {
    const tickets = this.#book.send(operation, nowMs);
    this.#lanes.sent(permit.lane, nowMs);
    const end = (fate: Fate, isBack: boolean): void => {
      const endMs = this.#settings.clock.monotonicMs();
      this.#book.catchUp(endMs);
      const before = this.#book.token.refusals.own;
      this.#book.settle(tickets, fate, endMs);
      if (isBack) {
        this.#book.promise(1, endMs);
        permit.takeBack();
      }
      if (fate.kind === 'answered') {
        const isOwn = this.#book.token.refusals.own > before;
        this.#answers.note(fate.facts, { operation, isOwn });
      }
      this.#pump();
    };
    return {
      answered: (facts) => end({ kind: 'answered', facts }, facts.status === 429),
      lost: () => end({ kind: 'lost' }, false),
      unsent: () => end({ kind: 'unsent' }, true),
    };
  }

  #serveRoom(nowMs: number): void {
    for (;;) {
      const first = this.#firstWaits();
      if (first.size === 0) return;
      const wait = this.#isUnknown() ? this.#nextProbe(first, nowMs) : this.#nextRoom(first, nowMs);
      if (wait === undefined || !covers(this.#book.token, wait.key.cost)) return;
      wait.serve(this.#promise(wait.key, nowMs));
    }
  }

  #promise({ lane, cost }: RoomKey, nowMs: number): Permit {
    if (this.#isUnknown()) this.#probePromisedMs = nowMs;
    this.#book.promise(cost, nowMs);
    this.#lanes.promised(lane, cost);
    return new HeldPermit(this, lane, cost);
  }

  #isUnknown(): boolean {
    const { kind } = this.#book.token.phase;
    return kind === 'cold' || kind === 'probe';
  }

  #firstWaits(): Map<BudgetLane, Wait<RoomKey, Permit>> {
    const first = new Map<BudgetLane, Wait<RoomKey, Permit>>();
    for (const [lane, line] of this.#forRoom) {
      for (const wait of line.entries) {
        first.set(lane, wait);
        break;
      }
    }
    return first;
  }

  #nextRoom(
    first: ReadonlyMap<BudgetLane, Wait<RoomKey, Permit>>,
    nowMs: number,
  ): Wait<RoomKey, Permit> | undefined {
    const costs = new Map([...first].map(([lane, { key }]) => [lane, key.cost]));
    const lane = this.#lanes.next(this.#book.token, costs, nowMs);
    return lane === undefined ? undefined : first.get(lane);
  }

  /** In a window that is not open yet: one promise at a time, while nothing is on its way. */
  #nextProbe(
    first: ReadonlyMap<BudgetLane, Wait<RoomKey, Permit>>,
    nowMs: number,
  ): Wait<RoomKey, Permit> | undefined {
    const { held, inFlight } = this.#book.token;
    if (inFlight > 0) return undefined;
    const isOverdue = nowMs >= this.#probePromisedMs + PROBE_PATIENCE_MS;
    if (held > 0 && !isOverdue) return undefined;
    return bestOf(first);
  }

  /** A timer runs only while somebody waits for it. */
  #setTimer(nowMs: number): void {
    const dueMs = this.#dueMs(nowMs);
    if (dueMs === this.#timer?.dueMs) return;
    this.#timer?.timer.cancel();
    this.#timer = undefined;
    if (!Number.isFinite(dueMs)) return;
    const timer = this.#settings.clock.timer(Math.max(0, dueMs - nowMs), () => {
      this.#timer = undefined;
      this.#pump();
    });
    this.#timer = { dueMs, timer };
  }

  #dueMs(nowMs: number): number {
    let dueMs = this.#keeper?.dueMs(this.#wanted(nowMs)) ?? Number.POSITIVE_INFINITY;
    for (const { key } of this.#toSend.entries) {
      dueMs = Math.min(dueMs, this.#book.dueMs(key.operation));
    }
    if (![...this.#forRoom.values()].some(({ size }) => size > 0)) return dueMs;
    dueMs = Math.min(dueMs, dueMsOf(this.#book.token));
    const { inFlight, held } = this.#book.token;
    const overdueMs = this.#probePromisedMs + PROBE_PATIENCE_MS;
    const isProbing = this.#isUnknown() && inFlight === 0 && held > 0 && nowMs < overdueMs;
    return isProbing ? Math.min(dueMs, overdueMs) : dueMs;
  }
}

type RoomWait = Wait<RoomKey, Permit>;

function bestOf(first: ReadonlyMap<BudgetLane, RoomWait>): RoomWait | undefined {
  return BUDGET_LANES.map((lane) => first.get(lane)).find((wait) => wait !== undefined);
}

const costOf = (wait: RoomWait | undefined): number => wait?.key.cost ?? 0;
