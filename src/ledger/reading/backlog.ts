import { LANES, type Lane } from '../../domain/request.ts';
import type { OutboxState } from '../outbox/outbox.ts';
import { laneOf, numberOf, textOf } from '../sql/codec.ts';
import type { SqlRow } from '../sql/statement.ts';
import type { Backlog, DestinationBacklog, LedgerStats, OutboxCounts } from './records.ts';

/** What waits for a turn, in all and by lane; from one row a lane. */
export function backlogOf(
  rows: readonly SqlRow[],
): Pick<LedgerStats, 'depth' | 'oldestDueMs' | 'lanes'> {
  const known = new Map<Lane, Backlog>(
    rows.map((row) => [
      laneOf(row['lane']),
      { depth: numberOf(row, 'depth'), oldestMs: Math.max(0, numberOf(row, 'oldest')) },
    ]),
  );
  const lanes = Object.fromEntries(
    LANES.map((lane) => [lane, known.get(lane) ?? { depth: 0, oldestMs: 0 }]),
  ) as Record<Lane, Backlog>;
  const all = Object.values(lanes);
  return {
    depth: all.reduce((sum, { depth }) => sum + depth, 0),
    oldestDueMs: Math.max(...all.map(({ oldestMs }) => oldestMs)),
    lanes,
  };
}

const NONE: OutboxCounts = { waiting: 0, sending: 0, sent: 0, dead: 0 };

/** Messages by state, in all and by destination; from one row a destination and state. */
export function outboxCountsOf(
  rows: readonly SqlRow[],
): Pick<LedgerStats, 'outbox' | 'destinations'> {
  const outbox: Record<OutboxState, number> = { ...NONE };
  const destinations = new Map<string, DestinationBacklog>();
  for (const row of rows) {
    const state = textOf(row, 'state') as OutboxState;
    const total = numberOf(row, 'total');
    outbox[state] += total;
    const name = textOf(row, 'destination');
    const before = destinations.get(name) ?? { ...NONE, oldestMs: 0 };
    const isOpen = state === 'waiting' || state === 'sending';
    const ageMs = isOpen ? numberOf(row, 'oldest') : 0;
    destinations.set(name, {
      ...before,
      [state]: total,
      oldestMs: Math.max(before.oldestMs, ageMs),
    });
  }
  return { outbox, destinations: Object.fromEntries(destinations) };
}
