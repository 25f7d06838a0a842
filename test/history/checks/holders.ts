import { frozenOf, of, type Began, type HistoryEvent } from '../history.ts';

/** One holder of a conversation at a time, and no late one may commit. */
export function checkHolders(history: readonly HistoryEvent[]): string[] {
  return [...oneHolderAtATime(history), ...noSettleAfterALaterClaim(history)];
}

/**
 * A turn holds its conversation until the last thing that it did: its settle, else its last write.
 * One that began and did nothing more held nothing. A process that was frozen knows nothing of
 * time: what it does in the moment it wakes is covered by the guard, not by the lease.
 */
function oneHolderAtATime(history: readonly HistoryEvent[]): string[] {
  const frozen = frozenOf(history);
  const lastActs = lastActsOf(history);
  const faults: string[] = [];
  for (const [id, held] of Map.groupBy(of(history, 'began'), (turn) => turn.conversationId)) {
    const inOrder = held.toSorted((a, b) => a.fence - b.fence);
    inOrder.forEach((turn, i) => {
      const before = inOrder[i - 1];
      if (before === undefined || frozen.has(before.instance)) return;
      if (before.fence === turn.fence) faults.push(`${id} has fence ${turn.fence} twice`);
      const overlapMs = (lastActs.get(nameOf(before)) ?? 0) - turn.at;
      if (overlapMs <= 0) return;
      const both = `fence ${before.fence} by ${before.instance} and ${turn.fence} by ${turn.instance}`;
      faults.push(`${id} was held under ${both} for ${overlapMs.toFixed(1)} ms`);
    });
  }
  return faults;
}

const nameOf = ({
  conversationId,
  fence,
  instance,
}: Pick<Began, 'conversationId' | 'fence' | 'instance'>): string =>
  `${conversationId} ${fence} ${instance}`;

function lastActsOf(history: readonly HistoryEvent[]): ReadonlyMap<string, number> {
  const lastActs = new Map<string, number>();
  for (const event of history) {
    const isAct = event.kind === 'sent' || (event.kind === 'ended' && event.end === 'settled');
    if (!isAct) continue;
    const name = nameOf(event);
    lastActs.set(name, Math.max(event.at, lastActs.get(name) ?? 0));
  }
  return lastActs;
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
