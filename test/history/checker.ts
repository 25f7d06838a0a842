import { valueFor, type FinalState, type HistoryEvent } from './history.ts';

type Of<Kind extends HistoryEvent['kind']> = Extract<HistoryEvent, { kind: Kind }>;

/**
 * Holds a history against what the ledger promises, with a model of its own: it knows nothing of
 * tables, phases or statements. Returns what is wrong, in words; nothing when the promise was kept.
 */
export function check(history: readonly HistoryEvent[], state: FinalState): string[] {
  return [
    ...everyAcknowledgedRequestIsAnswered(history, state),
    ...duplicatesAreAnsweredWithTheFirst(history),
    ...arrivalsHaveNoGaps(state),
    ...oneHolderAtATime(history),
    ...noSettleAfterALaterClaim(history),
    ...settlesAreComplete(history, state),
    ...nothingIsWrittenTwice(history),
    ...thePlatformHoldsTheLastValue(state),
    ...feedsHaveNoGaps(state),
  ];
}

function of<Kind extends HistoryEvent['kind']>(
  history: readonly HistoryEvent[],
  kind: Kind,
): Of<Kind>[] {
  return history.filter((event): event is Of<Kind> => event.kind === kind);
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
    return row.outcomeFence === undefined
      ? [`${answered} was acknowledged and never answered`]
      : [];
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
  return [...byConversation].flatMap(([id, rows]) =>
    gapsIn(
      id,
      'arrival',
      rows.map((row) => row.arrival),
    ),
  );
}

function feedsHaveNoGaps(state: FinalState): string[] {
  return [...state.feed].flatMap(([id, numbers]) => gapsIn(id, 'feed event', numbers));
}

function gapsIn(id: string, what: string, numbers: readonly number[]): string[] {
  return numbers
    .toSorted((a, b) => a - b)
    .flatMap((n, i) => (n === i + 1 ? [] : [`${id} has ${what} ${n} in place ${i + 1}`]));
}

/**
 * A turn holds its conversation until the last thing that it did: its settle, else its last write.
 * One that began and did nothing more held nothing. A process that was frozen knows nothing of
 * time: what it does in the moment it wakes is covered by the guard, not by the lease.
 */
function oneHolderAtATime(history: readonly HistoryEvent[]): string[] {
  const frozen = new Set(of(history, 'frozen').map((event) => event.instance));
  const turns = of(history, 'began').map((began) => ({
    ...began,
    until: lastActOf(began, history),
  }));
  const faults: string[] = [];
  for (const [id, held] of Map.groupBy(turns, (turn) => turn.conversationId)) {
    const inOrder = held.toSorted((a, b) => a.fence - b.fence);
    inOrder.forEach((turn, i) => {
      const before = inOrder[i - 1];
      if (before === undefined || frozen.has(before.instance)) return;
      if (before.fence === turn.fence) faults.push(`${id} has fence ${turn.fence} twice`);
      const overlapMs = before.until - turn.at;
      if (overlapMs > 0) {
        const both = `fence ${before.fence} by ${before.instance} and ${turn.fence} by ${turn.instance}`;
        faults.push(`${id} was held under ${both} for ${overlapMs.toFixed(1)} ms`);
      }
    });
  }
  return faults;
}

function lastActOf(began: Of<'began'>, history: readonly HistoryEvent[]): number {
  const acts = history.filter(
    (event) =>
      (event.kind === 'written' || (event.kind === 'ended' && event.end === 'settled')) &&
      event.conversationId === began.conversationId &&
      event.fence === began.fence &&
      event.instance === began.instance,
  );
  return Math.max(...acts.map((event) => ('at' in event ? event.at : 0)), 0);
}

function noSettleAfterALaterClaim(history: readonly HistoryEvent[]): string[] {
  const latest = new Map<string, number>();
  const faults: string[] = [];
  const turns = history.filter((event) => event.kind === 'began' || event.kind === 'ended');
  for (const event of turns.toSorted((a, b) => a.at - b.at)) {
    const { conversationId, fence } = event;
    const top = latest.get(conversationId) ?? 0;
    if (event.kind === 'began') latest.set(conversationId, Math.max(top, fence));
    else if (event.end === 'settled' && fence < top) {
      faults.push(`${conversationId} was settled under fence ${fence} after a claim with ${top}`);
    }
  }
  return faults;
}

const name = (row: { conversationId: string; fence: number }): string =>
  `${row.conversationId} fence ${row.fence}`;

function settlesAreComplete(history: readonly HistoryEvent[], state: FinalState): string[] {
  const outcomes = state.outcomes.map(name);
  const told = of(history, 'ended').filter((event) => event.end === 'settled');
  return [
    ...told
      .map(name)
      .filter((turn) => !outcomes.includes(turn))
      .map((turn) => `${turn} was settled and has no outcome`),
    ...compare(outcomes, state.audit.map(name), 'audit row'),
    ...compare(outcomes, state.outbox.map(name), 'outbox message'),
  ];
}

function compare(outcomes: readonly string[], found: readonly string[], what: string): string[] {
  const counts = new Map<string, number>(outcomes.map((turn) => [turn, 0]));
  for (const turn of found) counts.set(turn, (counts.get(turn) ?? Number.NaN) + 1);
  return [...counts]
    .filter(([, count]) => count !== 1)
    .map(([turn, count]) =>
      Number.isNaN(count)
        ? `${turn} has an ${what} and no outcome`
        : `${turn} has ${count} ${what}s`,
    );
}

/** The same value for the same conversation, taken twice by the platform. */
function nothingIsWrittenTwice(history: readonly HistoryEvent[]): string[] {
  const frozen = new Set(of(history, 'frozen').map((event) => event.instance));
  const seen = new Set<string>();
  return of(history, 'written').flatMap(({ conversationId, value, instance }) => {
    const write = `${conversationId} '${value}'`;
    if (seen.has(write) && !frozen.has(instance)) return [`${write} was written twice`];
    seen.add(write);
    return [];
  });
}

function thePlatformHoldsTheLastValue(state: FinalState): string[] {
  const last = new Map<string, number>();
  for (const { conversationId, arrival } of state.requests) {
    last.set(conversationId, Math.max(arrival, last.get(conversationId) ?? 0));
  }
  return [...last].flatMap(([id, arrivals]) =>
    state.values.get(id) === valueFor(arrivals)
      ? []
      : [`${id} holds '${state.values.get(id)}' after ${arrivals} requests`],
  );
}
