import type { FinalState } from '../final-state.ts';
import { of, type HistoryEvent } from '../history.ts';

/** What clients were promised: every acknowledged request is there, once, in order, and answered. */
export function checkRequests(history: readonly HistoryEvent[], state: FinalState): string[] {
  return [
    ...everyAcknowledgedRequestIsAnswered(history, state),
    ...duplicatesAreAnsweredWithTheFirst(history),
    ...arrivalsHaveNoGaps(state),
  ];
}

function everyAcknowledgedRequestIsAnswered(
  history: readonly HistoryEvent[],
  state: FinalState,
): string[] {
  const rows = new Map(state.requests.map((row) => [row.id, row]));
  return of(history, 'acknowledged').flatMap(({ answered, conversationId }) => {
    const row = rows.get(answered);
    if (row === undefined) return [`${answered} was acknowledged and is not in the ledger`];
    if (row.conversationId !== conversationId) return [`${answered} is in another conversation`];
    return row.outcome === undefined ? [`${answered} was acknowledged and never answered`] : [];
  });
}

function duplicatesAreAnsweredWithTheFirst(history: readonly HistoryEvent[]): string[] {
  const first = new Map<string, string>();
  return of(history, 'acknowledged').flatMap(({ dedupeKey, answered }) => {
    const known = first.get(dedupeKey) ?? answered;
    first.set(dedupeKey, known);
    return known === answered ? [] : [`${dedupeKey} was taken as ${known} and as ${answered}`];
  });
}

function arrivalsHaveNoGaps(state: FinalState): string[] {
  const byConversation = Map.groupBy(state.requests, (row) => row.conversationId);
  return [...byConversation].flatMap(([id, rows]) => {
    const numbers = rows.map((row) => row.arrival);
    return gapsIn(id, 'arrival', numbers);
  });
}

/** Numbers that are to run from 1 without a gap. */
export function gapsIn(id: string, what: string, numbers: readonly number[]): string[] {
  return numbers
    .toSorted((a, b) => a - b)
    .flatMap((n, i) => (n === i + 1 ? [] : [`${id} has ${what} ${n} in place ${i + 1}`]));
}
