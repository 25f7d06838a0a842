import type { FinalState } from '../final-state.ts';
import { of, type HistoryEvent } from '../history.ts';
import { gapsIn } from './requests.ts';

/** What a settle leaves behind: an outcome, its line in the audit, and feed events without a gap. */
export function checkRecords(history: readonly HistoryEvent[], state: FinalState): string[] {
  return [
    ...everyOutcomeIsAudited(state),
    ...(state.isAuditIntact ? [] : ['the chain of the audit is broken']),
    ...feedsHaveNoGaps(state),
    ...noRequestIsAnsweredTwice(state),
    ...settledTurnsAreThere(history, state),
  ];
}

/** Results of turns that did their work; the others may have had nothing to put down. */
const DONE: ReadonlySet<string> = new Set(['enriched', 'unchanged', 'not-found']);

function everyOutcomeIsAudited(state: FinalState): string[] {
  const counts = new Map<string, number>();
  for (const { action, requestId } of state.audit) {
    if (requestId === undefined) continue;
    const name = `${requestId} ${action}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return state.outcomes.flatMap(({ conversationId, fence, result, requestIds }) => {
    const name = `${conversationId} fence ${fence}`;
    const count = counts.get(`${requestIds[0]} ${result}`) ?? 0;
    const isComplete = DONE.has(result) && requestIds.length > 0 ? count === 1 : count <= 1;
    return isComplete ? [] : [`${name} has ${count} audit rows`];
  });
}

function feedsHaveNoGaps({ conversations }: FinalState): string[] {
  return conversations.flatMap(({ id, feed, feedSeq }) => [
    ...gapsIn(id, 'feed event', feed),
    ...(feed.length === feedSeq ? [] : [`${id} counts ${feedSeq} feed events of ${feed.length}`]),
  ]);
}

function noRequestIsAnsweredTwice({ outcomes }: FinalState): string[] {
  const fences = new Map<string, number>();
  return outcomes.flatMap(({ conversationId, fence, requestIds }) =>
    requestIds.flatMap((id) => {
      const earlier = fences.get(id);
      fences.set(id, fence);
      if (earlier === undefined) return [];
      return [`${conversationId} answered ${id} under fence ${earlier} and under ${fence}`];
    }),
  );
}

/** A turn that was told that it had settled its requests finds them answered under its fence or an earlier one. */
function settledTurnsAreThere(history: readonly HistoryEvent[], state: FinalState): string[] {
  const fences = new Map(state.conversations.map(({ id }) => [id, new Set<number>()]));
  for (const { conversationId, fence } of state.outcomes) fences.get(conversationId)?.add(fence);
  return of(history, 'ended')
    .filter(({ end, answers }) => end === 'settled' && answers)
    .filter(({ conversationId, fence }) => fences.get(conversationId)?.has(fence) !== true)
    .map(
      ({ conversationId, fence }) => `${conversationId} fence ${fence} was settled without a trace`,
    );
}
