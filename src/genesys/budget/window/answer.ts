import type { RateHeaders } from '../budget.ts';
import type { Answered } from './event.ts';
import { FOREIGN_MARGIN_WINDOWS } from './refusal.ts';
import { ROUNDING_SLACK_MS, type Ticket, type WindowSettings, type WindowState } from './state.ts';

/**
 * A later answer must be this much younger than the one that opened the window before it tells how
 * `reset` is rounded: by then a value rounded to the nearest second has fallen.
 */
const ROUNDING_PROOF_MS = 501;

/**
 * A count never falls within a window: if it did, and the end has moved too, this window has ended
 * sooner than thought, and a new one runs. The end alone proves nothing where `reset` stands still,
 * nor the count alone where it is gathered from several places.
 */
export function hasTurned(
  state: WindowState,
  ticket: Ticket,
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
export function learn(
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
  const { share } = state;
  // Of a shared window only the store knows what all instances have used.
  const foreign = share === undefined ? Math.max(state.foreign, count - state.sent) : state.foreign;
  const hasGrown = foreign > state.foreign && wasKnown;
  return {
    ...state,
    phase: ['frozen', 'ended'].includes(state.phase.kind) ? state.phase : { kind: 'open' },
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
    share: share && {
      ...share,
      count: Math.max(share.count, count),
      // Where there was no limit, nothing was claimed for what went out.
      claimed:
        state.phase.kind === 'unlimited'
          ? Math.max(share.claimed, state.sent + state.held)
          : share.claimed,
    },
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
export function afterSilence(
  state: WindowState,
  event: Answered,
  settings: WindowSettings,
): WindowState {
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
export function afterStraggler(
  state: WindowState,
  headers: RateHeaders,
  nowMs: number,
): WindowState {
  const endsByMs = nowMs + headers.resetSeconds * 1000 + Math.max(state.slackMs, 0);
  if (endsByMs >= state.endLoMs || state.sent === 0) return state;
  const { share } = state;
  const ours = share && { ...share, claimed: share.claimed - 1 };
  return { ...state, sent: state.sent - 1, share: ours };
}
