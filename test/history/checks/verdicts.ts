import type { AttributeState } from '../../../src/domain/outcome.ts';
import type { FinalState, KeyRow } from '../final-state.ts';
import { of, type HistoryEvent } from '../history.ts';

/** What the platform holds in the end, and what ought to be there. */
export interface Truth {
  /** A participant's attributes. */
  attributes(conversationId: string, participantId: string): Readonly<Record<string, string>>;
  /** Calls of known customers on the queues that are listened to, with what they should have. */
  readonly calls: readonly {
    readonly conversationId: string;
    readonly participantId: string;
    readonly isLive: boolean;
    readonly wanted: Readonly<Record<string, string>>;
  }[];
}

/** Every live conversation ends visible, and what is said of each key is true. */
export function checkVerdicts(
  history: readonly HistoryEvent[],
  state: FinalState,
  truth: Truth,
): string[] {
  return [
    ...everyVerdictIsTrue(history, state, truth),
    ...everyLiveCallHasItsContext(truth),
    ...everyAcknowledgedValueStands(history, state, truth),
  ];
}

/** States that say nothing in the end: something is still to be done or waited for. */
const OPEN: ReadonlySet<AttributeState> = new Set<AttributeState>([
  'planned',
  'sent',
  'in-doubt',
  'accepted',
  'wiping',
]);

function everyVerdictIsTrue(
  history: readonly HistoryEvent[],
  state: FinalState,
  truth: Truth,
): string[] {
  const ours = new Set(
    of(history, 'written').flatMap(({ conversationId, values }) =>
      Object.entries(values).map(([key, value]) => `${conversationId} ${key} ${value}`),
    ),
  );
  return state.keys.flatMap((row) => {
    const { conversationId, participantId, key } = row;
    const value = truth.attributes(conversationId, participantId)[key];
    if (isTrue(row, value)) return [];
    // A turn that was lost with its process may have written once more before the end.
    if (row.state === 'closed' && ours.has(`${conversationId} ${key} ${value}`)) return [];
    return [`${conversationId} ${key} is said to be ${row.state}, and the platform has '${value}'`];
  });
}

function isTrue(row: KeyRow, value: string | undefined): boolean {
  const isThere = value !== undefined && row.isWanted(value);
  // Proved to have arrived, too late to prove that it is seen.
  if (row.state === 'applied') return row.isFinal && isThere;
  if (OPEN.has(row.state)) return false;
  switch (row.state) {
    case 'visible':
      return isThere;
    case 'closed':
      return row.was !== 'visible' || isThere;
    case 'wiped':
      return value === undefined || value === '';
    case 'ignored':
    case 'overwritten':
    case 'yielded':
      return !isThere;
    // The others claim nothing of what stands there.
    default:
      return true;
  }
}

function everyLiveCallHasItsContext(truth: Truth): string[] {
  return truth.calls
    .filter(({ isLive }) => isLive)
    .flatMap(({ conversationId, participantId, wanted }) => {
      const held = truth.attributes(conversationId, participantId);
      return Object.entries(wanted)
        .filter(([key, value]) => held[key] !== value)
        .map(([key, value]) => `${conversationId} has ${key} '${held[key]}', wanted is '${value}'`);
    });
}

/** A value that a client asked for, and was told that it was written, is there. */
function everyAcknowledgedValueStands(
  history: readonly HistoryEvent[],
  state: FinalState,
  truth: Truth,
): string[] {
  const outcomes = new Map(state.requests.map((row) => [row.id, row.outcome]));
  const customers = new Map(truth.calls.map((call) => [call.conversationId, call]));
  return of(history, 'acknowledged').flatMap(({ answered, conversationId, set }) => {
    const call = customers.get(conversationId);
    const result = outcomes.get(answered)?.result;
    if (set === undefined || call === undefined) return [];
    const name = `${conversationId} ${set.key}`;
    if (result !== 'enriched' && result !== 'unchanged') {
      return call.isLive ? [`${name} was asked for, and the answer is ${result}`] : [];
    }
    const held = truth.attributes(conversationId, call.participantId)[set.key];
    const isSaid = state.keys.some(
      (row) => row.conversationId === conversationId && row.key === set.key,
    );
    if (!isSaid) return [`${name} was answered as ${result}, and nothing is known of it`];
    return held === set.value || !call.isLive ? [] : [`${name} was written and is '${held}'`];
  });
}
