import type { AnswerFacts, RateHeaders } from '../budget.ts';
import type { Answered } from './event.ts';
import { marginOf, ROUNDING_SLACK_MS, type Ticket, type WindowState } from './state.ts';

const MIN_FREEZE_MS = 1_000;
/** How many windows room is left for others after they were seen. */
export const FOREIGN_MARGIN_WINDOWS = 3;
const OWN_MARGIN_WINDOWS = 10;

/** 429 although there seemed to be room: stop, say by whose doing, and look anew afterwards. */
export function afterRefusal(
  state: WindowState,
  { facts, ticket }: Answered,
  nowMs: number,
): WindowState {
  const cause = causeOf(state, ticket, { facts, nowMs });
  const endHiMs = Math.min(state.endHiMs, endByAnswerMs(state, facts.rate, nowMs));
  const stopped: WindowState = {
    ...state,
    phase: { kind: 'frozen', untilMs: freezeEndMs({ ...state, endHiMs }, facts, nowMs) },
    endHiMs,
    allowed: facts.rate?.allowed ?? state.allowed,
    hasHeaders: state.hasHeaders || facts.rate !== undefined,
  };
  const { share } = state;
  const told = share && {
    ...share,
    refusal: { isOwn: cause !== 'foreign', count: facts.rate?.count },
  };
  if (cause === 'foreign') {
    const used = facts.rate?.count ?? state.allowed ?? 0;
    return {
      ...stopped,
      share: told,
      foreign: share === undefined ? Math.max(state.foreign, used - state.sent) : state.foreign,
      foreignMarginWindows: FOREIGN_MARGIN_WINDOWS,
      refusals: { ...state.refusals, foreign: state.refusals.foreign + 1 },
    };
  }
  const isEarly = cause === 'early';
  return {
    ...stopped,
    share: told,
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
  const ours = state.share?.claimedByAll ?? state.sent;
  const sent = isCurrent ? ours : state.previous.sent;
  if (sent > allowed) return 'overspent';
  const leftMs = answer.facts.retryAfterMs ?? (answer.facts.rate?.resetSeconds ?? 0) * 1000;
  const isOldWindow =
    isCurrent &&
    state.answered === 0 &&
    answer.nowMs + leftMs < state.previous.endHiMs + state.windowMs / 2;
  const isFull = state.previous.used + ours > allowed;
  // While others are at work, it is they who may have taken what seemed to be left.
  return isOldWindow && isFull && isAlone(state) ? 'early' : 'foreign';
}

/** Whether no stranger was seen on the token lately. */
function isAlone(state: WindowState): boolean {
  return state.share === undefined ? state.foreignMarginWindows === 0 : marginOf(state) === 0;
}
