import type { SharedWindow } from '../../../domain/sharing.ts';

/**
 * What is known of one rate window of the platform, as a value and the rules that change it. Windows
 * are fixed: the platform counts requests until the window ends and then starts at zero. It tells the
 * end only in whole seconds, rounded nobody knows how, so the end is kept as an interval.
 *
 * - `cold`: nothing is known. One request at a time, to learn.
 * - `probe`: a window has ended. One request at a time until an answer tells of the new one.
 * - `open`: counted and limited.
 * - `unlimited`: answers carry no limit, so there is none to keep.
 * - `frozen`: a 429 came; nothing is sent until it is over, then `probe`.
 * - `ended`: of a shared window only. Nothing is sent until the store tells of the one after it.
 *
 * Times are monotonic milliseconds; the platform's seconds are relative, so wall clocks never matter.
 */
export interface WindowState {
  /** Grows with each window, so that an answer can be told to be of an earlier one. */
  readonly no: number;
  readonly phase: Phase;
  readonly allowed: number | undefined;
  /** Our requests that this window has counted, or may have: those in flight are among them. */
  readonly sent: number;
  /** Promised and not sent. */
  readonly held: number;
  /** Requests of this window without an answer. */
  readonly inFlight: number;
  /** Requests of earlier windows without an answer; among `sent`, since they may arrive in this one. */
  readonly stragglers: number;
  /** Our requests of this window whose answers told of it. */
  readonly answered: number;
  /** What others have used in this window, at least. */
  readonly foreign: number;
  /** Room that is left for others while they are about: how many windows it is still kept. */
  readonly foreignMarginWindows: number;
  /** Room that is left because a 429 could not be explained, and how many windows it may last. */
  readonly ownMargin: number;
  readonly ownMarginWindows: number;
  /** The window ends within this interval; -Infinity and Infinity when nothing is known. */
  readonly endLoMs: number;
  readonly endHiMs: number;
  /** When the answer with count 1 came, if this window has seen one: then we opened it. */
  readonly openedByUsMs: number | undefined;
  /** How much later than `reset` seconds a window may end; negative when `reset` is known to exceed. */
  readonly slackMs: number;
  /** Longest that a window is known to last. */
  readonly windowMs: number;
  /** Whether the headers were ever seen. */
  readonly hasHeaders: boolean;
  /** When this window was entered. */
  readonly enteredMs: number;
  readonly hadOwnRefusal: boolean;
  readonly previous: {
    /** What was known to be used of it, others' use included. */
    readonly used: number;
    readonly sent: number;
    readonly allowed: number | undefined;
    readonly endHiMs: number;
  };
  /** 429s since the start, by whose doing. */
  readonly refusals: { readonly own: number; readonly foreign: number };
  /** What of it is this instance's, where several share it; undefined where all of it is. */
  readonly share: Share | undefined;
}

/** What one of several instances has of a window, in requests, and what the others were told of it. */
export interface Share {
  /** The window's number in the store; -1 before the first exchange. */
  readonly no: number;
  /** Ours: those that `sent` counts, and those still to be sent. */
  readonly claimed: number;
  /** Those of all instances, as last told. */
  readonly claimedByAll: number;
  /** Room that is left for strangers, as last told. */
  readonly margin: number;
  /** What the store is known to know. */
  readonly told: {
    readonly state: SharedWindow['state'] | undefined;
    readonly endHiMs: number;
    /** Requests of this instance that may still arrive. */
    readonly outstanding: number;
  };
  /** The highest count that an answer of this window told. */
  readonly count: number;
  /** A 429 that the store is still to be told of. */
  readonly refusal: { readonly isOwn: boolean; readonly count: number | undefined } | undefined;
  /** An answer showed that the window ended sooner than thought. */
  readonly isPast: boolean;
  /** Whether anything was sent since the last claim: then more is worth having at hand. */
  readonly isBusy: boolean;
}

export type Phase =
  | { readonly kind: 'cold' }
  | { readonly kind: 'probe' }
  | { readonly kind: 'open' }
  | { readonly kind: 'unlimited' }
  | { readonly kind: 'frozen'; readonly untilMs: number }
  | { readonly kind: 'ended' };

/** What is remembered of a request on its way. */
export interface Ticket {
  readonly windowNo: number;
  readonly sentMs: number;
  /** `answered` at that moment: a window that still runs has counted more than these. */
  readonly answeredBefore: number;
}

export interface WindowSettings {
  /** Requests a minute to keep to when answers carry no headers. */
  readonly assumePerMinute?: number | undefined;
  /** Length of a window by the name of the limit, in milliseconds. */
  readonly windowMs: number;
}

/** Until it is shown that `reset` is not rounded down, a window may end a second after it. */
export const ROUNDING_SLACK_MS = 1_000;

export function coldWindow(settings: WindowSettings): WindowState {
  return {
    no: 0,
    phase: { kind: 'cold' },
    allowed: undefined,
    sent: 0,
    held: 0,
    inFlight: 0,
    stragglers: 0,
    answered: 0,
    foreign: 0,
    foreignMarginWindows: 0,
    ownMargin: 0,
    ownMarginWindows: 0,
    endLoMs: Number.NEGATIVE_INFINITY,
    endHiMs: Number.POSITIVE_INFINITY,
    openedByUsMs: undefined,
    slackMs: ROUNDING_SLACK_MS,
    windowMs: settings.windowMs,
    hasHeaders: false,
    enteredMs: Number.NEGATIVE_INFINITY,
    hadOwnRefusal: false,
    previous: { used: 0, sent: 0, allowed: undefined, endHiMs: Number.NEGATIVE_INFINITY },
    refusals: { own: 0, foreign: 0 },
    share: undefined,
  };
}

/** Room left for others: a few requests, though never more than a quarter of a small allowance. */
export function marginOf(state: WindowState): number {
  const { allowed = 0, foreignMarginWindows, ownMargin, share } = state;
  const foreign = foreignMarginWindows > 0 ? Math.max(5, Math.ceil(allowed * 0.02)) : 0;
  return Math.min(share?.margin ?? foreign + ownMargin, Math.floor(allowed / 4));
}

/** How many more requests may be promised in an open window; can be negative. */
export function roomOf(state: WindowState): number {
  if (state.phase.kind === 'unlimited') return Number.POSITIVE_INFINITY;
  if (state.phase.kind !== 'open' || state.allowed === undefined) return 0;
  return state.allowed - marginOf(state) - usedOf(state) + spareOf(state);
}

/** What a window is known to have used or promised, of ours and of others. */
export function usedOf({ share, sent, held, foreign }: WindowState): number {
  return foreign + (share === undefined ? sent + held : share.claimedByAll);
}

/** Units of a share that are neither sent nor promised; none are kept where nobody shares. */
export function spareOf({ share, sent, held }: WindowState): number {
  return share === undefined ? 0 : share.claimed - sent - held;
}

/** Requests of an instance that may still arrive at the platform. */
export function outstandingOf({ share, sent, inFlight, stragglers }: WindowState): number {
  return inFlight + stragglers + (share === undefined ? 0 : share.claimed - sent);
}

/** Whether so much may be promised without asking the store for more. */
export function covers(state: WindowState, cost: number): boolean {
  if (state.share === undefined || state.phase.kind === 'unlimited') return true;
  return spareOf(state) >= Math.min(cost, state.allowed ?? cost);
}

/** Whether a request that was promised may go now. The margin is no obstacle: it is kept for this. */
export function maySend(state: WindowState): boolean {
  const { share, phase, sent } = state;
  const hasUnit = share === undefined || share.claimed > sent;
  switch (phase.kind) {
    case 'cold':
    case 'probe':
      return hasUnit && state.inFlight === 0;
    case 'open':
      return share === undefined ? (state.allowed ?? 0) - state.foreign - sent >= 1 : hasUnit;
    case 'unlimited':
      return true;
    case 'frozen':
    case 'ended':
      return false;
  }
}

export function ticketOf(state: WindowState, nowMs: number): Ticket {
  return { windowNo: state.no, sentMs: nowMs, answeredBefore: state.answered };
}

/** When time alone changes the state; Infinity when it does not. */
export function dueMsOf(state: WindowState): number {
  switch (state.phase.kind) {
    case 'frozen':
      return state.phase.untilMs;
    case 'ended':
      return Number.POSITIVE_INFINITY;
    default:
      return state.endHiMs;
  }
}
