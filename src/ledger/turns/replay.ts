import type { EnrichmentId, TraceId } from '../../domain/ids.ts';
import type { EnrichmentRequest } from '../../domain/request.ts';
import type { ConversationRecord } from '../reading/records.ts';

/** The request that has a conversation worked on again which was set aside; one for each time that it was. */
export function replayOf(
  { id, fence }: Pick<ConversationRecord, 'id' | 'fence'>,
  { newId, askedBy }: { readonly newId: () => string; readonly askedBy: string | undefined },
): EnrichmentRequest {
  return {
    // Ids that this process makes; the brand says which kind each is.
    id: newId() as EnrichmentId,
    traceId: newId() as TraceId,
    conversationId: id,
    kind: 'enrich',
    lane: 'manual',
    dedupeKey: `replay:${id}:${fence}`,
    body: { askedBy },
  };
}
