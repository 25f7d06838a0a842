import type { SentRequest } from '../../writeback/platform-port.ts';
import type { BeginAhead } from '../run-turn.ts';
import type { Grant } from '../work-gate.ts';
import type { TurnParts } from './create-turn.ts';

/**
 * Reads the conversation of a request while the request is made durable and the conversation is
 * claimed: the commit is as old as the answer then, and costs the write nothing. A request that brings
 * the conversation along needs no reading, and one whose conversation has a turn will not get its claim.
 */
export function createBeginAhead<G extends Grant>(
  parts: Pick<TurnParts<G>, 'portOf' | 'live' | 'writeback'>,
): BeginAhead<G> {
  return ({ conversationId, traceId, lane, body }, grant) => {
    if (body.conversation !== undefined || parts.live.has(conversationId)) return undefined;
    const startedAt = parts.writeback.now();
    const dropped = new AbortController();
    const requests: SentRequest[] = [];
    const conversation = parts.portOf(grant, traceId).getConversation(conversationId, {
      signal: dropped.signal,
      lane,
      onRequest: (request) => requests.push(request),
    });
    let isOver = false;
    const end = (): void => {
      isOver = true;
    };
    // Whoever waits for it is told; nobody may be waiting when the claim was not given.
    conversation.then(end, end);
    return {
      startedAt,
      requests: () => requests,
      conversation,
      drop() {
        if (!isOver) dropped.abort(new Error('the turn that this was read for has ended'));
      },
    };
  };
}
