import type { SharedWindow, WindowReport, WindowSeen } from '../../domain/sharing.ts';
import { sleep } from '../../lib/clock.ts';
import type { ManualClock } from '../../lib/manual-clock.ts';
import type { WindowStore } from './window-store.ts';

/** The same numbers as the ledger's; a test there holds the two to each other. */
export const PROBE_MS = 500;
const FOREIGN_WINDOWS = 3;
const OWN_WINDOWS = 10;

interface Claim {
  windowNo: number;
  claimed: number;
  outstanding: number;
}

export interface MemoryWindowStoreOptions {
  readonly clock: ManualClock;
  /** Whole way there and back, in milliseconds. */
  readonly latencyMs?: (() => number) | undefined;
  /** Whether this exchange fails: before it is done, or after, when its answer is lost. */
  readonly mishap?: (() => 'none' | 'refused' | 'lost') | undefined;
}

/** The store of a shared window, in memory: what the ledger does in SQL, written again. */
export class MemoryWindowStore {
  readonly #options: MemoryWindowStoreOptions;
  readonly #claims = new Map<string, Claim>();
  readonly #dead = new Set<string>();
  #window = {
    no: 0,
    state: 'probe' as SharedWindow['state'],
    allowed: undefined as number | undefined,
    foreign: 0,
    margin: 0,
    marginWindows: 0,
    endsAt: Number.POSITIVE_INFINITY,
    probeUntil: Number.NEGATIVE_INFINITY,
  };
  exchanges = 0;

  constructor(options: MemoryWindowStoreOptions) {
    this.#options = options;
  }

  /** The store as one instance has it. */
  of(instance: string): WindowStore {
    const { clock, latencyMs = () => 0, mishap = () => 'none' } = this.#options;
    return {
      exchange: async (report) => {
        const ms = latencyMs();
        if (ms > 0) await sleep(clock, ms / 2);
        const fate = mishap();
        if (fate === 'refused') throw new Error('the store is away');
        const answer = this.exchange(instance, report);
        if (ms > 0) await sleep(clock, ms / 2);
        if (fate === 'lost') throw new Error('the connection broke');
        return answer;
      },
    };
  }

  die(instance: string): void {
    this.#dead.add(instance);
  }

  exchange(instance: string, report: WindowReport): SharedWindow {
    this.exchanges += 1;
    const { clock } = this.#options;
    const nowMs = clock.monotonicMs();
    const { claimed, outstanding, no } = report;
    const claim: Claim = {
      windowNo: this.#window.no,
      claimed: this.#window.no === no ? claimed : outstanding,
      outstanding,
    };
    this.#claims.set(instance, claim);
    if (this.#window.no === no) this.#learn(report, nowMs);
    this.#moveOn(report, nowMs);
    const mine = this.#claims.get(instance) ?? claim;
    const drawn = this.#draw(report, nowMs);
    mine.claimed += drawn;
    mine.outstanding += drawn;
    const { endsAt, state, allowed, foreign, margin } = this.#window;
    return {
      no: this.#window.no,
      state,
      allowed,
      foreign,
      margin: this.#keptFree(margin),
      claimedByAll: this.#claimedByAll(),
      claimed: mine.claimed,
      drawn,
      endsInMs: Number.isFinite(endsAt) ? endsAt - nowMs : undefined,
    };
  }

  #learn({ seen }: WindowReport, nowMs: number): void {
    const window = this.#window;
    if (seen?.kind === 'unlimited' && window.state === 'probe') {
      Object.assign(window, { state: 'unlimited', allowed: undefined });
    }
    if (seen?.kind === 'open' && window.state !== 'frozen') {
      const foreign = Math.max(window.foreign, seen.count - this.#claimedByAll());
      if (foreign > window.foreign && window.allowed !== undefined) this.#keepFree(seen.allowed);
      window.state = 'open';
      window.allowed = seen.allowed;
      window.foreign = foreign;
      window.endsAt = Math.min(window.endsAt, nowMs + seen.endsInMs);
    }
    if (seen?.kind === 'refused') this.#freeze(seen, nowMs);
  }

  #freeze(seen: Extract<WindowSeen, { kind: 'refused' }>, nowMs: number): void {
    const window = this.#window;
    const endsAt = nowMs + seen.endsInMs;
    window.endsAt = window.state === 'frozen' ? Math.max(window.endsAt, endsAt) : endsAt;
    window.state = 'frozen';
    window.allowed = seen.allowed ?? window.allowed;
    if (seen.isOwn) {
      window.margin += 1;
      window.marginWindows = OWN_WINDOWS;
      return;
    }
    const used = seen.count ?? window.allowed ?? 0;
    window.foreign = Math.max(window.foreign, used - this.#claimedByAll());
    this.#keepFree(window.allowed ?? 0);
  }

  #keepFree(allowed: number): void {
    const window = this.#window;
    window.margin = Math.max(window.margin, 5, Math.ceil(allowed / 50));
    window.marginWindows = Math.max(window.marginWindows, FOREIGN_WINDOWS);
  }

  #keptFree(margin: number): number {
    return Math.min(margin, Math.floor((this.#window.allowed ?? 0) / 4));
  }

  #moveOn({ seen, no }: WindowReport, nowMs: number): void {
    const window = this.#window;
    const isOver = seen?.kind === 'over' && no === window.no && window.state !== 'frozen';
    if (!isOver && nowMs < window.endsAt) return;
    const marginWindows = Math.max(0, window.marginWindows - 1);
    this.#window = {
      ...window,
      no: window.no + 1,
      state: 'probe',
      foreign: 0,
      marginWindows,
      margin: marginWindows === 0 ? 0 : window.margin,
      endsAt: Number.POSITIVE_INFINITY,
      probeUntil: Number.NEGATIVE_INFINITY,
    };
    for (const [id, claim] of this.#claims) {
      if (this.#dead.has(id)) this.#claims.delete(id);
      Object.assign(claim, { windowNo: this.#window.no, claimed: claim.outstanding });
    }
  }

  #draw({ want, isBusy }: WindowReport, nowMs: number): number {
    const window = this.#window;
    if (want === 0) return 0;
    if (window.state === 'probe') {
      if (nowMs < window.probeUntil) return 0;
      window.probeUntil = nowMs + PROBE_MS;
      return window.allowed === undefined ? want : Math.min(want, window.allowed);
    }
    if (window.state !== 'open' || window.allowed === undefined) return 0;
    const { allowed } = window;
    const room = allowed - this.#keptFree(window.margin) - window.foreign - this.#claimedByAll();
    const wanted = Math.min(want, allowed);
    if (room < wanted) return 0;
    const alive = [...this.#claims.keys()].filter((id) => !this.#dead.has(id)).length;
    if (!isBusy || room * 10 < allowed) return wanted;
    // Multiples of what is wanted, so that no odd unit is left over.
    return wanted * Math.max(1, Math.floor(room / (8 * Math.max(1, alive) * wanted)));
  }

  #claimedByAll(): number {
    return [...this.#claims.values()].reduce((sum, { claimed }) => sum + claimed, 0);
  }
}
