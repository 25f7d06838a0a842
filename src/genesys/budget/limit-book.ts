import type { WindowReport } from '../../domain/sharing.ts';
import type { AnswerFacts } from './budget.ts';
import type { Exchange, WindowEvent } from './window/event.ts';
import { reportOf, toShared, withoutSpare } from './window/share.ts';
import {
  coldWindow,
  dueMsOf,
  maySend,
  ticketOf,
  type Ticket,
  type WindowSettings,
  type WindowState,
} from './window/state.ts';
import { windowAfter, windowAt } from './window/window.ts';

/** What one request was counted by. */
export interface Tickets {
  readonly operation: string;
  readonly token: Ticket;
  /** For an operation with a limit of its own. */
  readonly own: { readonly key: string; readonly ticket: Ticket } | undefined;
}

export type Fate =
  | { readonly kind: 'unsent' }
  | { readonly kind: 'lost' }
  | { readonly kind: 'answered'; readonly facts: AnswerFacts };

/** Limits that bind every operation of a token. Source: platform API limits page, checked 2026-11-20. */
const TOKEN_LIMITS: ReadonlySet<string> = new Set([
  'token.rate.per.minute',
  'client.credentials.token.rate.per.minute',
  'org.app.user.rate.per.minute',
]);

/** Most limits of single operations that are kept; more than the operations this client uses. */
const MAX_OWN_LIMITS = 64;

/**
 * The token's window, and those of operations that the platform limits more narrowly. Such an
 * operation is known by its answers: they tell of another allowance, or their 429 names another
 * limit. From then on both must have room.
 */
export class LimitBook {
  readonly #settings: WindowSettings;
  #token: WindowState;
  readonly #own = new Map<string, WindowState>();
  /** Operation to key of its own limit. */
  readonly #keys = new Map<string, string>();
  /** The allowance that each operation's last answer told. */
  readonly #told = new Map<string, number>();
  /** Whether an answer of this window told the token's allowance. */
  #isConfirmed = false;

  /** `isShared`: several instances use up the token's window together. */
  constructor(settings: WindowSettings, isShared = false) {
    this.#settings = settings;
    const cold = coldWindow(settings);
    this.#token = isShared ? toShared(cold) : cold;
  }

  /** The token's window. */
  get token(): WindowState {
    return this.#token;
  }

  /** Windows of single operations, by key. */
  get own(): ReadonlyMap<string, WindowState> {
    return this.#own;
  }

  /** Requests on their way. */
  get inFlight(): number {
    return this.#token.inFlight + this.#token.stragglers;
  }

  /** Brings every window up to `nowMs`. */
  catchUp(nowMs: number): void {
    const before = this.#token;
    this.#token = windowAt(before, nowMs);
    if (this.#token.no !== before.no) this.#review(before.sent > 0);
    // A probe that nobody's answer ends: all that is sent was taken for narrow.
    else if (this.#isStuck(nowMs)) this.#review(true);
    for (const [key, state] of this.#own) this.#own.set(key, windowAt(state, nowMs));
  }

  promise(cost: number, nowMs: number): void {
    this.#apply({ kind: 'promised', cost }, nowMs);
  }

  giveBack(cost: number, nowMs: number): void {
    this.#apply({ kind: 'returned', cost }, nowMs);
  }

  /** What the store is to be told; so much that nobody here was promised is given up. */
  report(want: number, giveUp: number, nowMs: number): WindowReport {
    const isOver = this.#token.phase.kind === 'ended';
    this.#token = withoutSpare(this.#token, isOver ? Number.POSITIVE_INFINITY : giveUp);
    return reportOf(this.#token, want, nowMs);
  }

  exchanged(exchange: Exchange, nowMs: number): void {
    const before = this.#token;
    this.#apply({ kind: 'exchanged', exchange }, nowMs);
    if (this.#token.no !== before.no) this.#review(before.sent > 0);
  }

  maySend(operation: string): boolean {
    const own = this.#ownOf(operation);
    return maySend(this.#token) && (own === undefined || maySend(own.state));
  }

  /** When the windows that hold `operation` back change by time alone. */
  dueMs(operation: string): number {
    const own = this.#ownOf(operation);
    const tokenMs = dueMsOf(this.#token);
    return own === undefined ? tokenMs : Math.min(tokenMs, dueMsOf(own.state));
  }

  /** Counts a promised request as sent. */
  send(operation: string, nowMs: number): Tickets {
    this.giveBack(1, nowMs);
    const token = ticketOf(this.#token, nowMs);
    this.#apply({ kind: 'sent' }, nowMs);
    const own = this.#ownOf(operation);
    if (own === undefined) return { operation, token, own: undefined };
    const ticket = ticketOf(own.state, nowMs);
    this.#applyOwn(own.key, { kind: 'sent' }, nowMs);
    return { operation, token, own: { key: own.key, ticket } };
  }

  settle(tickets: Tickets, fate: Fate, nowMs: number): void {
    if (fate.kind !== 'answered') {
      this.#apply({ kind: fate.kind, ticket: tickets.token }, nowMs);
      if (tickets.own !== undefined) {
        this.#applyOwn(tickets.own.key, { kind: fate.kind, ticket: tickets.own.ticket }, nowMs);
      }
      return;
    }
    const key = this.#keyOf(tickets.operation, fate.facts);
    const silent: AnswerFacts = { ...fate.facts, status: 200, rate: undefined };
    const ownFacts = key === undefined ? silent : fate.facts;
    // What is told of the one limit says nothing about the other.
    if (key === undefined) this.#settleToken(tickets, fate.facts, nowMs);
    else this.#apply({ kind: 'lost', ticket: tickets.token }, nowMs);
    if (tickets.own !== undefined && this.#own.has(tickets.own.key)) {
      const { ticket } = tickets.own;
      this.#applyOwn(tickets.own.key, { kind: 'answered', ticket, facts: ownFacts }, nowMs);
    } else if (key !== undefined) {
      this.#open(tickets.operation, key, {
        facts: fate.facts,
        sentMs: tickets.token.sentMs,
        nowMs,
      });
    }
  }

  #settleToken(tickets: Tickets, facts: AnswerFacts, nowMs: number): void {
    const { rate } = facts;
    if (rate !== undefined) {
      this.#isConfirmed = true;
      this.#told.set(tickets.operation, rate.allowed);
    }
    this.#apply({ kind: 'answered', ticket: tickets.token, facts }, nowMs);
  }

  /** The key of the limit that an answer tells of; undefined when it is the token's. */
  #keyOf(operation: string, { limitKey, rate }: AnswerFacts): string | undefined {
    if (limitKey !== undefined) {
      if (TOKEN_LIMITS.has(limitKey)) return undefined;
      return `${limitKey} ${operation}`;
    }
    const known = this.#keys.get(operation);
    const { allowed, phase } = this.#token;
    if (rate === undefined || allowed === undefined || rate.allowed === allowed) return undefined;
    // In a new window the token's allowance is not known to be what it was.
    if (phase.kind === 'probe' && known === undefined) return undefined;
    // A wider allowance than the token's: the first answers were those of a narrow operation.
    if (rate.allowed > allowed && known === undefined) {
      this.#widen(rate.allowed);
      return undefined;
    }
    return known ?? `${rate.allowed} per window ${operation}`;
  }

  #widen(allowed: number): void {
    for (const [operation, told] of this.#told) {
      if (told < allowed) this.#remember(operation, `${told} per window ${operation}`);
    }
  }

  #open(
    operation: string,
    key: string,
    answer: { readonly facts: AnswerFacts; readonly sentMs: number; readonly nowMs: number },
  ): void {
    this.#remember(operation, key);
    const { facts, nowMs } = answer;
    const cold = this.#own.get(key) ?? coldWindow(this.#settings);
    const ticket = { ...ticketOf(cold, nowMs), sentMs: answer.sentMs };
    this.#own.set(key, cold);
    this.#applyOwn(key, { kind: 'sent' }, nowMs);
    this.#applyOwn(key, { kind: 'answered', ticket, facts }, nowMs);
  }

  #remember(operation: string, key: string): void {
    if (this.#own.size >= MAX_OWN_LIMITS && !this.#own.has(key)) return;
    this.#keys.set(operation, key);
    if (!this.#own.has(key)) this.#own.set(key, coldWindow(this.#settings));
  }

  #ownOf(operation: string): { readonly key: string; readonly state: WindowState } | undefined {
    const key = this.#keys.get(operation);
    const state = key === undefined ? undefined : this.#own.get(key);
    return key === undefined || state === undefined ? undefined : { key, state };
  }

  /**
   * After a window in which every answer told of another allowance than the token's, the token's has
   * changed: what was taken for limits of operations was the token's new one.
   */
  #review(wasUsed: boolean): void {
    const isMisled = !this.#isConfirmed && this.#keys.size > 0 && wasUsed;
    this.#isConfirmed = false;
    this.#told.clear();
    if (!isMisled) return;
    this.#keys.clear();
    this.#own.clear();
  }

  #isStuck(nowMs: number): boolean {
    const { phase, enteredMs, windowMs } = this.#token;
    return phase.kind === 'probe' && this.#keys.size > 0 && nowMs - enteredMs >= windowMs;
  }

  #apply(event: WindowEvent, nowMs: number): void {
    this.#token = windowAfter(this.#token, event, { nowMs, settings: this.#settings });
  }

  #applyOwn(key: string, event: WindowEvent, nowMs: number): void {
    const state = this.#own.get(key);
    if (state === undefined) return;
    this.#own.set(key, windowAfter(state, event, { nowMs, settings: this.#settings }));
  }
}
