import type { FinalState } from '../final-state.ts';
import { of, type HistoryEvent } from '../history.ts';
import type { Received } from '../service/test-sink.ts';

export interface Posts {
  /** What the webhook accepted, in that order. */
  readonly received: readonly Received[];
  /** Posts whose answer the sender did not wait for any longer: they may have been accepted. */
  readonly timedOut: number;
}

/** Who listens to the webhooks hears everything, in order, and nothing twice unless an answer was lost. */
export function checkMessages(
  history: readonly HistoryEvent[],
  state: FinalState,
  posts: Posts,
): string[] {
  return [
    ...everyAskedEnrichmentIsTold(history, state),
    ...everyMessageArrived(state, posts.received),
    ...inOrder(state, posts.received),
    ...onceEach(history, posts),
  ];
}

/** An enrichment by a request of its own keys has a message, whatever else happens to the conversation. */
function everyAskedEnrichmentIsTold(history: readonly HistoryEvent[], state: FinalState): string[] {
  const outcomes = new Map(state.requests.map((row) => [row.id, row.outcome]));
  const told = new Set(state.messages.map(({ traceId }) => traceId));
  const silent = of(history, 'acknowledged').flatMap(({ answered, set }) => {
    const outcome = set && outcomes.get(answered);
    if (outcome?.result !== 'enriched' || told.has(outcome.traceId)) return [];
    return [`${outcome.conversationId} fence ${outcome.fence} has no outbox message`];
  });
  return [...new Set(silent)];
}

function everyMessageArrived({ messages }: FinalState, received: readonly Received[]): string[] {
  const arrived = new Set(received.map(({ id }) => id));
  return messages.flatMap(({ id, conversationId, state }) => {
    if (state !== 'sent') return [`message ${id} of ${conversationId} is ${state}`];
    return arrived.has(id) ? [] : [`message ${id} of ${conversationId} never arrived`];
  });
}

function inOrder({ messages }: FinalState, received: readonly Received[]): string[] {
  const places = new Map(messages.map(({ id }, place) => [id, place]));
  const last = new Map<string, number>();
  const seen = new Set<string>();
  return received.flatMap(({ id, conversationId }) => {
    if (seen.has(id)) return [];
    seen.add(id);
    const place = places.get(id);
    if (place === undefined) return [`message ${id} of ${conversationId} is not in the outbox`];
    const before = last.get(conversationId) ?? -1;
    last.set(conversationId, Math.max(place, before));
    return place > before ? [] : [`message ${id} of ${conversationId} came after a later one`];
  });
}

/** A process that dies between a post and its record, or hears no answer in time, sends the post again. */
function onceEach(history: readonly HistoryEvent[], { received, timedOut }: Posts): string[] {
  const deaths = of(history, 'killed').length + of(history, 'frozen').length;
  const repeats = received.length - new Set(received.map(({ id }) => id)).size;
  // A process has at most this many posts on the way (`analytics.concurrent`).
  const MOST_ON_THE_WAY = 8;
  return repeats <= deaths * MOST_ON_THE_WAY + timedOut
    ? []
    : [
        `${repeats} messages came again, with ${deaths} processes killed or frozen and ${timedOut} answers too late`,
      ];
}
