import { LANES, type Lane } from '../../domain/request.ts';

/**
 * `guard` is for the wipe and the rewrites of keys that somebody overwrote. Ahead of all of them go
 * requests whose permit was promised earlier: the write of an enrichment that has already read.
 */
export type BudgetLane = 'guard' | Lane;

/** Who goes first when requests are scarce, first to last. */
export const BUDGET_LANES: readonly BudgetLane[] = ['guard', ...LANES];

export interface RoomOptions {
  /** Requests that are promised together: 2 for a read and the write after it. */
  readonly cost?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The promise that some requests may be sent. What is not used must be released. */
export interface Permit extends Disposable {
  readonly lane: BudgetLane;
  /** Requests that are promised and not yet sent. */
  readonly left: number;
  /**
   * Waits for the moment at which one of the promised requests may go: at once in an open window;
   * while a window is being probed, or after a 429, when its turn comes.
   * @throws the signal's reason; `ERR_GENESYS_PERMIT_SPENT` when nothing is left
   */
  use(operation: string, signal?: AbortSignal): Promise<Sending>;
  /** Gives back all but `count` of what is left: a read that turned out to be needless, for one. */
  shrink(count: number): void;
  /** Gives back what is left. Calling it again does nothing. */
  release(): void;
}

/** One request on its way. Exactly one of its methods is called, once. */
export interface Sending {
  answered(facts: AnswerFacts): void;
  /** It was sent and no answer came: it may have been counted. */
  lost(): void;
  /** It never left: the permit has it back. */
  unsent(): void;
}

/** What an answer says about the rate. */
export interface AnswerFacts {
  readonly status: number;
  readonly rate: RateHeaders | undefined;
  /** From `Retry-After`, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** `limit.key` of an error body: which limit was hit. */
  readonly limitKey: string | undefined;
}

/** The `inin-ratelimit-*` headers. */
export interface RateHeaders {
  /** Requests counted in this window, this one included. */
  readonly count: number;
  readonly allowed: number;
  /** Seconds to the end of the window; how it is rounded is not documented. */
  readonly resetSeconds: number;
}

export interface BudgetSnapshot {
  /**
   * - `cold`: nothing is known yet.
   * - `probe`: a new window; one request is out to learn of it.
   * - `open`: there is room. `spent`: all of it is used or promised until the window ends.
   * - `frozen`: the platform said 429. `unlimited`: its answers carry no limit.
   * - `ended`: the window is over, and the store has not told yet of the next one that instances share.
   */
  readonly state: 'cold' | 'probe' | 'open' | 'spent' | 'frozen' | 'unlimited' | 'ended';
  /** Requests a window allows; undefined when unknown. */
  readonly allowed: number | undefined;
  /** Ours in this window. */
  readonly sent: number;
  /** Promised and not sent. */
  readonly held: number;
  /** Others' use of the same token in this window, at least. */
  readonly foreign: number;
  /** Sent by, or promised to, other instances that share the window. */
  readonly elsewhere: number;
  readonly margin: number;
  /** Requests that live work is expected to want until the window ends. */
  readonly forecast: number;
  readonly inFlight: number;
  /** Milliseconds to the end of the window or of the freeze; undefined when unknown. */
  readonly endsInMs: number | undefined;
  readonly waiting: Readonly<Record<BudgetLane, number>>;
  /** Answers with 429 since the start, by whose doing. */
  readonly rateLimited: { readonly own: number; readonly foreign: number };
}

/**
 * The requests that one access token allows. Everything that is sent to the platform's API takes a
 * permit here, the token endpoint alone does not.
 */
export interface Budget extends Disposable {
  /**
   * Waits until `cost` requests may be promised to `lane`. A worker asks before it claims work, so
   * that work waits where it is durable.
   * @throws the signal's reason
   */
  whenRoom(lane: BudgetLane, options?: RoomOptions): Promise<Permit>;
  /** The same without waiting: undefined when there is no room at this moment, or others are first. */
  tryRoom(lane: BudgetLane, cost?: number): Permit | undefined;
  snapshot(): BudgetSnapshot;
}
