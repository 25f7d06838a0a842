import { BUDGET_LANES, type BudgetLane } from './budget.ts';
import { roomOf, type WindowState } from './window/state.ts';

/** Part of each window that is kept for verification, and as much for manual work, while they wait. */
const RESERVE = 0.05;
/** Back-fill takes at most this part of a window. */
const BACKFILL_SHARE = 0.5;
/** How far back the forecast of live arrivals looks, in milliseconds. */
const FORECAST_MS = 60_000;

const RESERVED: readonly BudgetLane[] = ['manual', 'verify'];

/** Divides a window's room among the lanes. It remembers what each was promised in this window. */
export class Lanes {
  #windowNo = -1;
  readonly #promised = new Map<BudgetLane, number>();
  /** Live requests per millisecond, decaying. */
  #liveRate = 0;
  #liveAtMs = 0;

  /**
   * The lane that may be promised its cost next, given the first cost waiting in each; undefined
   * when the room is not enough for any.
   */
  next(
    state: WindowState,
    waiting: ReadonlyMap<BudgetLane, number>,
    nowMs: number,
  ): BudgetLane | undefined {
    if (state.no !== this.#windowNo) {
      this.#windowNo = state.no;
      this.#promised.clear();
    }
    return BUDGET_LANES.find((lane) => {
      const cost = waiting.get(lane);
      return cost !== undefined && this.#fits(lane, cost, { state, waiting, nowMs });
    });
  }

  promised(lane: BudgetLane, cost: number): void {
    this.#promised.set(lane, (this.#promised.get(lane) ?? 0) + cost);
  }

  returned(lane: BudgetLane, cost: number): void {
    // A promise of an earlier window may come back in this one.
    this.#promised.set(lane, Math.max(0, (this.#promised.get(lane) ?? 0) - cost));
  }

  /** Only what is sent makes the forecast: workers ask for room that they often do not need. */
  sent(lane: BudgetLane, nowMs: number): void {
    if (lane !== 'live') return;
    this.#liveRate = this.#rateAt(nowMs) + 1 / FORECAST_MS;
    this.#liveAtMs = nowMs;
  }

  /** Requests that live work will want until the window ends. */
  forecast(state: WindowState, nowMs: number): number {
    const leftMs = Number.isFinite(state.endHiMs) ? Math.max(0, state.endHiMs - nowMs) : 0;
    return this.#rateAt(nowMs) * leftMs;
  }

  #fits(
    lane: BudgetLane,
    cost: number,
    context: {
      readonly state: WindowState;
      readonly waiting: ReadonlyMap<BudgetLane, number>;
      readonly nowMs: number;
    },
  ): boolean {
    const { state, waiting, nowMs } = context;
    const room = roomOf(state);
    if (room === Number.POSITIVE_INFINITY) return true;
    const allowed = state.allowed ?? 0;
    // What costs more than a whole window gives is let in when the window is untouched.
    if (cost > allowed && room >= 1 && state.sent === 0 && state.held === 0) return true;
    const reserved = RESERVED.filter((other) => other !== lane && waiting.has(other));
    const kept = reserved.reduce((sum, other) => sum + this.#reserveLeft(other, allowed), 0);
    if (lane !== 'backfill') return cost <= room - kept;
    const share = allowed * BACKFILL_SHARE - (this.#promised.get('backfill') ?? 0);
    const isAlone = waiting.size === 1;
    return isAlone && cost <= share && cost <= room - this.forecast(state, nowMs);
  }

  #reserveLeft(lane: BudgetLane, allowed: number): number {
    return Math.max(0, Math.ceil(allowed * RESERVE) - (this.#promised.get(lane) ?? 0));
  }

  #rateAt(nowMs: number): number {
    return this.#liveRate * Math.exp((this.#liveAtMs - nowMs) / FORECAST_MS);
  }
}
