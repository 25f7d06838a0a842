import type { AnswerFacts, RateHeaders } from './budget.ts';

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
}

export type Phase =
  | { readonly kind: 'cold' }
  | { readonly kind: 'probe' }
  | { readonly kind: 'open' }
  | { readonly kind: 'unlimited' }
  | { readonly kind: 'frozen'; readonly untilMs: number };

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

export type WindowEvent =
  | { readonly kind: 'promised'; readonly cost: number }
  | { readonly kind: 'returned'; readonly cost: number }
  | { readonly kind: 'sent' }
  | { readonly kind: 'unsent'; readonly ticket: Ticket }
  | { readonly kind: 'lost'; readonly ticket: Ticket }
  | { readonly kind: 'answered'; readonly ticket: Ticket; readonly facts: AnswerFacts };

/** Until it is shown that `reset` is not rounded down, a window may end a second after it. */
const ROUNDING_SLACK_MS = 1_000;
/**
 * A later answer must be this much younger than the one that opened the window before it tells how
 * `reset` is rounded: by then a value rounded to the nearest second has fallen.
 */
const ROUNDING_PROOF_MS = 501;
const MIN_FREEZE_MS = 1_000;
const FOREIGN_MARGIN_WINDOWS = 3;
const OWN_MARGIN_WINDOWS = 10;

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
  };
}

/** Room left for others: a few requests, though never more than a quarter of a small allowance. */
export function marginOf(state: WindowState): number {
  const { allowed = 0, foreignMarginWindows, ownMargin } = state;
  const foreign = foreignMarginWindows > 0 ? Math.max(5, Math.ceil(allowed * 0.02)) : 0;
  return Math.min(foreign + ownMargin, Math.floor(allowed / 4));
}

/** How many more requests may be promised in an open window; can be negative. */
export function roomOf(state: WindowState): number {
  if (state.phase.kind === 'unlimited') return Number.POSITIVE_INFINITY;
  if (state.phase.kind !== 'open' || state.allowed === undefined) return 0;
  return state.allowed - marginOf(state) - state.foreign - state.sent - state.held;
}

/** Whether a request that was promised may go now. The margin is no obstacle: it is kept for this. */
export function maySend(state: WindowState): boolean {
  switch (state.phase.kind) {
    case 'cold':
    case 'probe':
      return state.inFlight === 0;
    case 'open':
      return (state.allowed ?? 0) - state.foreign - state.sent >= 1;
    case 'unlimited':
      return true;
    case 'frozen':
      return false;
  }
}

export function ticketOf(state: WindowState, nowMs: number): Ticket {
  return { windowNo: state.no, sentMs: nowMs, answeredBefore: state.answered };
}

/** When time alone changes the state; Infinity when it does not. */
export function dueMsOf(state: WindowState): number {
  return state.phase.kind === 'frozen' ? state.phase.untilMs : state.endHiMs;
}

/** The state at `nowMs`: a window that has surely ended, or a freeze that is over, gives way to a new one. */
export function windowAt(state: WindowState, nowMs: number): WindowState {
  const dueMs = dueMsOf(state);
  return nowMs < dueMs
    ? state
    : turn(state, nowMs, 1 + Math.floor((nowMs - dueMs) / state.windowMs));
}

/** Applies one event; call `windowAt` first. */
export function windowAfter(
  state: WindowState,
  event: WindowEvent,
  context: { readonly nowMs: number; readonly settings: WindowSettings },
): WindowState {
  switch (event.kind) {
    case 'promised':
      return { ...state, held: state.held + event.cost };
    case 'returned':
      return { ...state, held: state.held - event.cost };
    case 'sent':
      return { ...state, sent: state.sent + 1, inFlight: state.inFlight + 1 };
    case 'unsent': {
      const landed = land(state, event.ticket);
      return { ...landed, sent: landed.sent - 1 };
    }
    case 'lost':
      return land(state, event.ticket);
    case 'answered':
      return afterAnswer(land(state, event.ticket), event, context);
  }
}

/** Takes a request out of the air. It stays among `sent`. */
function land(state: WindowState, ticket: Ticket): WindowState {
  return ticket.windowNo === state.no
    ? { ...state, inFlight: state.inFlight - 1 }
    : { ...state, stragglers: state.stragglers - 1 };
}

type Answered = Extract<WindowEvent, { readonly kind: 'answered' }>;
type Context = { readonly nowMs: number; readonly settings: WindowSettings };

function afterAnswer(state: WindowState, event: Answered, context: Context): WindowState {
  const { ticket, facts } = event;
  if (facts.status === 429) return afterRefusal(state, event, context.nowMs);
  if (facts.rate === undefined) return afterSilence(state, event, context.settings);
  const headers = facts.rate;
  if (ticket.windowNo !== state.no) return afterStraggler(state, headers, context.nowMs);
  const base = hasTurned(state, event, headers, context.nowMs)
    ? joinTurned(state, context.nowMs)
    : state;
  const learned = learn(base, ticket, headers, context.nowMs);
  // Whether the platform counts what it refuses is not known.
  return facts.status < 400 ? { ...learned, answered: learned.answered + 1 } : learned;
}

/**
 * A count never falls within a window: if it did, and the end has moved too, this window has ended
 * sooner than thought, and a new one runs. The end alone proves nothing where `reset` stands still,
 * nor the count alone where it is gathered from several places.
 */
function hasTurned(
  state: WindowState,
  { ticket }: Answered,
  headers: RateHeaders,
  nowMs: number,
): boolean {
  return (
    state.phase.kind === 'open' &&
    headers.count <= ticket.answeredBefore &&
    nowMs + headers.resetSeconds * 1000 > state.endHiMs + ROUNDING_SLACK_MS
  );
}

/** What an answer of this window tells of it. */
function learn(
  state: WindowState,
  ticket: Ticket,
  headers: RateHeaders,
  nowMs: number,
): WindowState {
  const { count, allowed, resetSeconds } = headers;
  const wasKnown = state.hasHeaders;
  // A reset far beyond a minute means that windows are longer here than the limit's name says.
  const windowMs =
    resetSeconds * 1000 > state.windowMs + 2_000 ? resetSeconds * 1000 : state.windowMs;
  const slackMs = Math.min(state.slackMs, slackShownBy(state, ticket, headers));
  const foreign = Math.max(state.foreign, count - state.sent);
  const hasGrown = foreign > state.foreign && wasKnown;
  return {
    ...state,
    phase: state.phase.kind === 'frozen' ? state.phase : { kind: 'open' },
    allowed,
    hasHeaders: true,
    foreign,
    // What a first answer shows may be our own use of a minute ago, before a restart.
    foreignMarginWindows: hasGrown ? FOREIGN_MARGIN_WINDOWS : state.foreignMarginWindows,
    windowMs,
    slackMs,
    openedByUsMs: count === 1 ? nowMs : state.openedByUsMs,
    endLoMs: Math.max(state.endLoMs, ticket.sentMs + (resetSeconds - 1) * 1000),
    // A window that was running a moment ago ends within its own length.
    endHiMs: Math.min(state.endHiMs, nowMs + resetSeconds * 1000 + slackMs, nowMs + windowMs),
  };
}

/**
 * After an answer with count 1 less than a whole window is left, so an answer that still says 60
 * seconds is not rounded down, and one that says 61 exceeds by a second at least.
 */
function slackShownBy(state: WindowState, ticket: Ticket, headers: RateHeaders): number {
  const { openedByUsMs, windowMs } = state;
  if (openedByUsMs === undefined || ticket.sentMs < openedByUsMs + ROUNDING_PROOF_MS) {
    return ROUNDING_SLACK_MS;
  }
  const leftAtMostMs = openedByUsMs + windowMs - ticket.sentMs;
  // Nothing is shown by an answer of a later second.
  if (leftAtMostMs <= windowMs - 1_000) return ROUNDING_SLACK_MS;
  const excessMs = headers.resetSeconds * 1000 - windowMs;
  if (excessMs >= 1_000) return -1_000;
  return excessMs >= 0 ? 0 : ROUNDING_SLACK_MS;
}

/** No headers: where none were ever seen, they are not to be expected; else nothing is learned. */
function afterSilence(state: WindowState, event: Answered, settings: WindowSettings): WindowState {
  const isUnknown = state.phase.kind === 'cold' || state.phase.kind === 'probe';
  if (!isUnknown || state.hasHeaders || event.facts.status >= 400) return state;
  if (event.ticket.windowNo !== state.no) return state;
  if (settings.assumePerMinute === undefined) return { ...state, phase: { kind: 'unlimited' } };
  const endMs = event.ticket.sentMs + state.windowMs;
  return {
    ...state,
    phase: { kind: 'open' },
    allowed: settings.assumePerMinute,
    endLoMs: endMs,
    endHiMs: endMs,
  };
}

/**
 * An answer to a request of an earlier window. It was counted here or there; only where its end lies
 * wholly before this window's is it known to be there.
 */
function afterStraggler(state: WindowState, headers: RateHeaders, nowMs: number): WindowState {
  const endsByMs = nowMs + headers.resetSeconds * 1000 + Math.max(state.slackMs, 0);
  return endsByMs < state.endLoMs ? { ...state, sent: Math.max(0, state.sent - 1) } : state;
}

/** 429 although there seemed to be room: stop, say by whose doing, and look anew afterwards. */
function afterRefusal(state: WindowState, event: Answered, nowMs: number): WindowState {
  const { facts, ticket } = event;
  const cause = causeOf(state, ticket, { facts, nowMs });
  const endHiMs = Math.min(state.endHiMs, endByAnswerMs(state, facts.rate, nowMs));
  const stopped: WindowState = {
    ...state,
    phase: { kind: 'frozen', untilMs: freezeEndMs({ ...state, endHiMs }, facts, nowMs) },
    endHiMs,
    allowed: facts.rate?.allowed ?? state.allowed,
    hasHeaders: state.hasHeaders || facts.rate !== undefined,
  };
  if (cause === 'foreign') {
    const used = facts.rate?.count ?? state.allowed ?? 0;
    return {
      ...stopped,
      foreign: Math.max(state.foreign, used - state.sent),
      foreignMarginWindows: FOREIGN_MARGIN_WINDOWS,
      refusals: { ...state.refusals, foreign: state.refusals.foreign + 1 },
    };
  }
  const isEarly = cause === 'early';
  return {
    ...stopped,
    ownMargin: state.ownMargin + 1,
    ownMarginWindows: OWN_MARGIN_WINDOWS,
    hadOwnRefusal: true,
    // A window that was taken for ended had its end rounded down, or lasts longer than thought.
    slackMs: isEarly ? ROUNDING_SLACK_MS : state.slackMs,
    windowMs: isEarly ? state.windowMs + ROUNDING_SLACK_MS : state.windowMs,
    refusals: { ...state.refusals, own: state.refusals.own + 1 },
  };
}

/** The latest end of the window that an answer of this moment tells of. */
function endByAnswerMs(
  state: WindowState,
  headers: RateHeaders | undefined,
  nowMs: number,
): number {
  return headers === undefined
    ? Number.POSITIVE_INFINITY
    : nowMs + headers.resetSeconds * 1000 + state.slackMs;
}

/** As long as the platform asks; else to the end of the window; a second at least. */
function freezeEndMs(state: WindowState, facts: AnswerFacts, nowMs: number): number {
  const windowEndMs = Number.isFinite(state.endHiMs) ? state.endHiMs : nowMs;
  const askedMs = facts.retryAfterMs === undefined ? windowEndMs : nowMs + facts.retryAfterMs;
  const untilMs = Math.max(askedMs, nowMs + MIN_FREEZE_MS);
  return state.phase.kind === 'frozen' ? Math.max(state.phase.untilMs, untilMs) : untilMs;
}

/**
 * By whose doing a 429 came. It is ours when we alone sent more than is allowed (`overspent`), or
 * when the window that refused us is one that we took for ended (`early`): any later one would end
 * almost a whole window after it.
 */
function causeOf(
  state: WindowState,
  ticket: Ticket,
  answer: { readonly facts: AnswerFacts; readonly nowMs: number },
): 'overspent' | 'early' | 'foreign' {
  const isCurrent = ticket.windowNo === state.no;
  const allowed = isCurrent ? state.allowed : state.previous.allowed;
  if (allowed === undefined) return 'foreign';
  const sent = isCurrent ? state.sent : state.previous.sent;
  if (sent > allowed) return 'overspent';
  const leftMs = answer.facts.retryAfterMs ?? (answer.facts.rate?.resetSeconds ?? 0) * 1000;
  const isOldWindow =
    isCurrent &&
    state.answered === 0 &&
    answer.nowMs + leftMs < state.previous.endHiMs + state.windowMs / 2;
  const isFull = state.previous.used + state.sent > allowed;
  // While others are at work, it is they who may have taken what seemed to be left.
  return isOldWindow && isFull && state.foreignMarginWindows === 0 ? 'early' : 'foreign';
}

/** A new window begins; `windows` of them passed since the last one was looked at. */
function turn(state: WindowState, nowMs: number, windows: number): WindowState {
  const inFlight = state.inFlight + state.stragglers;
  const isClean = !state.hadOwnRefusal;
  const ownMarginWindows = Math.max(0, state.ownMarginWindows - windows);
  return {
    ...state,
    no: state.no + 1,
    phase: state.phase.kind === 'cold' ? state.phase : { kind: 'probe' },
    sent: inFlight,
    inFlight: 0,
    stragglers: inFlight,
    answered: 0,
    foreign: 0,
    foreignMarginWindows: Math.max(0, state.foreignMarginWindows - windows),
    ownMargin:
      ownMarginWindows === 0
        ? 0
        : isClean
          ? Math.floor(state.ownMargin / 2 ** windows)
          : state.ownMargin,
    ownMarginWindows,
    endLoMs: nowMs,
    endHiMs: Number.POSITIVE_INFINITY,
    openedByUsMs: undefined,
    enteredMs: nowMs,
    hadOwnRefusal: false,
    previous: {
      used: state.sent + state.foreign,
      sent: state.sent,
      allowed: state.allowed,
      // When a freeze ends is the platform's word, not our reckoning.
      endHiMs: state.phase.kind === 'open' ? state.endHiMs : Number.NEGATIVE_INFINITY,
    },
  };
}

/** The answer in hand shows that a new window runs; it is of that one, and opens it. */
function joinTurned(state: WindowState, nowMs: number): WindowState {
  const turned = turn(state, nowMs, 1);
  return {
    ...turned,
    phase: { kind: 'open' },
    sent: turned.sent + 1,
    endLoMs: Number.NEGATIVE_INFINITY,
  };
}
