import { checkHolders } from './checks/holders.ts';
import { checkRecords } from './checks/records.ts';
import { checkRequests } from './checks/requests.ts';
import { checkWrites } from './checks/writes.ts';
import type { FinalState } from './final-state.ts';
import type { HistoryEvent } from './history.ts';

/**
 * Holds a history against what the ledger promises, with a model of its own: it knows nothing of
 * tables, phases or statements. Returns what is wrong, in words; nothing when the promise was kept.
 * What a certain kind of turn promises beyond that is for the checks of its rig.
 */
export function check(history: readonly HistoryEvent[], state: FinalState): string[] {
  return [
    ...checkRequests(history, state),
    ...checkHolders(history),
    ...checkRecords(history, state),
    ...checkWrites(history),
  ];
}
