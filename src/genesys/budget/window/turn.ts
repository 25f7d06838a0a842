import { usedOf, type WindowState } from './state.ts';

/** A new window begins; `windows` of them passed since the last one was looked at. */
export function turn(state: WindowState, nowMs: number, windows: number): WindowState {
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
      used: usedOf(state) - (state.share === undefined ? state.held : 0),
      sent: state.share?.claimedByAll ?? state.sent,
      allowed: state.allowed,
      // When a freeze ends is the platform's word, not our reckoning.
      endHiMs: endsByReckoning(state) ? state.endHiMs : Number.NEGATIVE_INFINITY,
    },
  };
}

/** The answer in hand shows that a new window runs; it is of that one, and opens it. */
export function joinTurned(state: WindowState, nowMs: number): WindowState {
  const turned = turn(state, nowMs, 1);
  return {
    ...turned,
    phase: { kind: 'open' },
    sent: turned.sent + 1,
    endLoMs: Number.NEGATIVE_INFINITY,
  };
}

function endsByReckoning({ phase, share }: WindowState): boolean {
  return phase.kind === 'open' || (phase.kind === 'ended' && share?.told.state !== 'frozen');
}
