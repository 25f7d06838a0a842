import { GIVEN_UP_STATES } from '../../domain/outcome.ts';
import type { Progress } from '../../engine/progress.ts';
import type { Log } from '../../lib/log.ts';

/** What an operator reads of a conversation: names and states, never a value. */
export function logProgress(log: Log, progress: Progress): void {
  const { conversationId, answered, retrying, changed, ...more } = progress;
  if (retrying !== undefined) {
    log.warn('conversation.retrying', { conversationId, traceId: more.traceId, reason: retrying });
  }
  const lost = changed.filter(({ state }) => GIVEN_UP_STATES.has(state));
  if (lost.length > 0) {
    const keys = lost.map(({ key, state }) => `${key}: ${state}`);
    log.warn('attributes.not-there', { conversationId, traceId: more.traceId, keys });
  }
  if (answered === undefined) return;
  const { result, reason, traceId } = answered.outcome;
  log.info('conversation.settled', {
    conversationId,
    traceId,
    result,
    reason: reason === result ? undefined : reason,
    platformRequests: more.platformRequests,
  });
}
