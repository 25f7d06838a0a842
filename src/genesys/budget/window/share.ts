/**
 * One instance's share of a window that several use up together. The store adds up what all have
 * claimed and keeps that below the allowance; here is what one instance reports of itself and takes
 * in. A unit is one request. What is claimed was sent, is promised to somebody, or is spare.
 *
 * What is reported of units still to land may only ever be too much: it grows by claims alone, and
 * those pass the store. So whoever moves the window on carries enough of it for everybody.
 */
import type { SharedWindow, WindowReport, WindowSeen } from '../../../domain/sharing.ts';
import type { Exchange } from './event.ts';
import { outstandingOf, spareOf, type Phase, type Share, type WindowState } from './state.ts';
import { turn } from './turn.ts';

/** The others are told of an end that is found to be this much sooner, in milliseconds. */
const SOONER_MS = 50;

const NOTHING: Share = {
  no: -1,
  claimed: 0,
  claimedByAll: 0,
  margin: 0,
  told: { state: undefined, endHiMs: Number.POSITIVE_INFINITY, outstanding: 0 },
  count: 0,
  refusal: undefined,
  isPast: false,
  isBusy: false,
};

/** A window of which nothing is known and nothing is had, to be shared. */
export function toShared(state: WindowState): WindowState {
  return { ...state, share: NOTHING };
}

/** An answer came out of a later window than was thought to run. */
export function pastShared(state: WindowState, share: Share, nowMs: number): WindowState {
  return { ...state, phase: { kind: 'ended' }, endHiMs: nowMs, share: { ...share, isPast: true } };
}

/** Gives up units that nobody was promised: at the end of a window, and when there is no use for them. */
export function withoutSpare(state: WindowState, count: number): WindowState {
  const { share } = state;
  if (share === undefined) return state;
  const given = Math.max(0, Math.min(count, spareOf(state)));
  return { ...state, share: { ...share, claimed: share.claimed - given } };
}

/** Whether this instance knows what the store must be told, whatever is wanted. */
export function hasNews({ share, phase, foreign, endHiMs }: WindowState): boolean {
  if (share === undefined || share.no < 0) return false;
  const { told } = share;
  if (share.refusal !== undefined || share.isPast) return true;
  if (phase.kind === 'unlimited') return told.state !== 'unlimited';
  if (phase.kind !== 'open') return false;
  return (
    told.state !== 'open' ||
    endHiMs < told.endHiMs - SOONER_MS ||
    // All have claimed at least what was last told: less than this is no news of strangers.
    share.count > share.claimedByAll + foreign
  );
}

export function reportOf(state: WindowState, want: number, nowMs: number): WindowReport {
  const { share = NOTHING, held } = state;
  return {
    no: share.no,
    claimed: share.claimed,
    outstanding: outstandingOf(state),
    seen: seenOf(state, share, nowMs),
    want,
    isBusy: share.isBusy || held > 0,
  };
}

function seenOf(
  { phase, allowed, endHiMs }: WindowState,
  { refusal, count }: Share,
  nowMs: number,
): WindowSeen | undefined {
  if (refusal !== undefined) {
    const untilMs = phase.kind === 'frozen' ? phase.untilMs : nowMs;
    return { kind: 'refused', ...refusal, allowed, endsInMs: Math.max(0, untilMs - nowMs) };
  }
  switch (phase.kind) {
    case 'ended':
      return { kind: 'over' };
    case 'unlimited':
      return { kind: 'unlimited' };
    case 'open':
      return allowed === undefined
        ? undefined
        : { kind: 'open', count, allowed, endsInMs: Math.max(0, endHiMs - nowMs) };
    default:
      return undefined;
  }
}

/** Takes in what the store answered. */
export function afterExchange(state: WindowState, exchange: Exchange, nowMs: number): WindowState {
  const { share } = state;
  const { report, window } = exchange;
  if (share === undefined) return state;
  const isNew = window.no !== share.no;
  const base = isNew ? enter(state, share, { window, nowMs }) : state;
  const endsAtMs =
    window.endsInMs === undefined ? Number.POSITIVE_INFINITY : nowMs + window.endsInMs;
  const phase = phaseAfter(base, window, { nowMs, isNew });
  const endHiMs = window.state === 'frozen' ? base.endHiMs : Math.min(base.endHiMs, endsAtMs);
  return {
    ...base,
    phase,
    endHiMs,
    allowed: window.allowed ?? base.allowed,
    hasHeaders: base.hasHeaders || window.state === 'open',
    foreign: window.foreign,
    share: {
      ...share,
      no: window.no,
      claimed: (isNew ? base.sent + share.claimed - state.sent : share.claimed) + window.drawn,
      claimedByAll: window.claimedByAll,
      margin: window.margin,
      told: {
        state: window.state,
        endHiMs: Math.min(endsAtMs, reportedEndOf(exchange)),
        outstanding: report.outstanding + window.drawn,
      },
      count: isNew ? 0 : share.count,
      refusal: report.seen?.kind === 'refused' ? undefined : share.refusal,
      isPast: isNew ? false : share.isPast,
      isBusy: window.drawn > 0 ? false : share.isBusy,
    },
  };
}

/** The way to the store and back does not make an end news again. */
function reportedEndOf({ report, reportedMs, window }: Exchange): number {
  const isKnown = report.seen?.kind === 'open' && report.no === window.no;
  return isKnown ? reportedMs + report.seen.endsInMs : Number.POSITIVE_INFINITY;
}

/**
 * The window has moved on. What was on its way may fall into the new one, and so may what was
 * answered while the report was under way: all that was reported counts as sent in it.
 */
function enter(
  state: WindowState,
  share: Share,
  { window, nowMs }: { readonly window: SharedWindow; readonly nowMs: number },
): WindowState {
  const turned = turn(state, nowMs, 1);
  const unsent = share.claimed - state.sent;
  return { ...turned, sent: Math.max(turned.sent, window.claimed - window.drawn - unsent) };
}

/** What an answer taught here since the report was made is newer than what the store says. */
function phaseAfter(
  state: WindowState,
  window: SharedWindow,
  { nowMs, isNew }: { readonly nowMs: number; readonly isNew: boolean },
): Phase {
  const { phase } = state;
  if (window.state === 'frozen') {
    const untilMs = nowMs + (window.endsInMs ?? 0);
    return {
      kind: 'frozen',
      untilMs: phase.kind === 'frozen' ? Math.max(phase.untilMs, untilMs) : untilMs,
    };
  }
  if (!isNew && (phase.kind === 'frozen' || phase.kind === 'ended')) return phase;
  switch (window.state) {
    case 'open':
    case 'unlimited':
      return { kind: window.state };
    case 'probe':
      if (!isNew && (phase.kind === 'open' || phase.kind === 'unlimited')) return phase;
      return window.allowed === undefined ? { kind: 'cold' } : { kind: 'probe' };
  }
}
