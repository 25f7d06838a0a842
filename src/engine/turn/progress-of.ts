import type { AttributeEntry } from '../../domain/attribute-entry.ts';
import type { Claim } from '../../ledger/turn.ts';
import { nameOf } from '../../writeback/turn/board.ts';
import type { Progress } from '../progress.ts';
import type { TurnResult } from '../run-turn.ts';

/** What a turn that has ended tells; undefined for one that was handed back undone. */
export function progressOf(claim: Claim, result: TurnResult, at: number): Progress | undefined {
  if (result.kind === 'hand-back') return undefined;
  const writes = result.kind === 'settle' ? result.settlement : result.failure;
  const written = new Map(writes.entries?.map((entry) => [nameOf(entry), entry]));
  const kept = claim.entries.filter((entry) => !written.has(nameOf(entry)));
  const receivedAt = claim.requests[0]?.receivedAt;
  const { outcome } = writes;
  const spent = (result.kind === 'settle' ? result.spent : undefined) ?? outcome;
  return {
    conversationId: claim.conversationId,
    traceId: claim.requests[0]?.traceId,
    at,
    entries: [...kept, ...written.values()],
    changed: changedStates(claim.entries, [...written.values()]),
    ...(result.kind === 'retry'
      ? { answered: undefined, retrying: result.failure.reason }
      : { answered: outcome && receivedAt !== undefined ? { receivedAt, outcome } : undefined }),
    platformRequests: spent?.platformRequests ?? 0,
    proofRequests: spent?.proofRequests ?? 0,
  };
}

/** Of `after`, the entries whose state is another than in `before`. */
export function changedStates(
  before: readonly AttributeEntry[],
  after: readonly AttributeEntry[],
): readonly AttributeEntry[] {
  const states = new Map(before.map((entry) => [nameOf(entry), entry.state]));
  return after.filter((entry) => states.get(nameOf(entry)) !== entry.state);
}
