import { afterSilence, afterStraggler, hasTurned, learn } from './answer.ts';
import type { Answered, WindowEvent } from './event.ts';
import { afterRefusal } from './refusal.ts';
import { dueMsOf, type Ticket, type WindowSettings, type WindowState } from './state.ts';
import { afterExchange, pastShared } from './share.ts';
import { joinTurned, turn } from './turn.ts';

/** The state at `nowMs`: a window that has surely ended, or a freeze that is over, gives way to a new one; a shared one waits for the store. */
export function windowAt(state: WindowState, nowMs: number): WindowState {
  const dueMs = dueMsOf(state);
  if (nowMs < dueMs) return state;
  if (state.share !== undefined) return { ...state, phase: { kind: 'ended' } };
  return turn(state, nowMs, 1 + Math.floor((nowMs - dueMs) / state.windowMs));
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
      return {
        ...state,
        sent: state.sent + 1,
        inFlight: state.inFlight + 1,
        share: state.share && { ...state.share, isBusy: true },
      };
    case 'unsent': {
      const landed = land(state, event.ticket);
      return { ...landed, sent: landed.sent - 1 };
    }
    case 'lost':
      return land(state, event.ticket);
    case 'answered':
      return afterAnswer(land(state, event.ticket), event, context);
    case 'exchanged':
      return afterExchange(state, event.exchange, context.nowMs);
  }
}

/** Takes a request out of the air. It stays among `sent`. */
function land(state: WindowState, ticket: Ticket): WindowState {
  return ticket.windowNo === state.no
    ? { ...state, inFlight: state.inFlight - 1 }
    : { ...state, stragglers: state.stragglers - 1 };
}

type Context = { readonly nowMs: number; readonly settings: WindowSettings };

function afterAnswer(state: WindowState, event: Answered, context: Context): WindowState {
  const { ticket, facts } = event;
  if (facts.status === 429) return afterRefusal(state, event, context.nowMs);
  if (facts.rate === undefined) return afterSilence(state, event, context.settings);
  const headers = facts.rate;
  if (ticket.windowNo !== state.no) return afterStraggler(state, headers, context.nowMs);
  const isPast = hasTurned(state, ticket, headers, context.nowMs);
  if (isPast && state.share !== undefined) return pastShared(state, state.share, context.nowMs);
  const base = isPast ? joinTurned(state, context.nowMs) : state;
  const learned = learn(base, ticket, headers, context.nowMs);
  // Whether the platform counts what it refuses is not known.
  return facts.status < 400 ? { ...learned, answered: learned.answered + 1 } : learned;
}
