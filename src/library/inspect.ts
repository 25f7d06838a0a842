import { parseTraceId, type ConversationId } from '../domain/ids.ts';
import { enrich } from '../enrich/pipeline.ts';
import type { EnrichmentReport } from '../enrich/report/report.ts';
import { toRequestBody, type EnrichCall } from './enrich-call.ts';
import type { Tools } from './tools.ts';

/** The first half of a turn, on the conversation as it is now. */
export async function inspect(
  { client, enrichDeps, newId }: Tools,
  conversationId: ConversationId,
  call: EnrichCall,
): Promise<EnrichmentReport> {
  const { signal = new AbortController().signal } = call;
  const traceId = parseTraceId(newId());
  const conversation = await client.conversations.get(conversationId, {
    signal,
    lane: 'manual',
    traceId,
  });
  const request = toRequestBody(call);
  const { report } = await enrich({ conversation, request, traceId, signal }, enrichDeps);
  return report;
}
