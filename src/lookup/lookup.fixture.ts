import { parseConversationId, parseTraceId } from '../domain/ids.ts';
import type { LookupRequest } from './lookup.ts';

/** Asks the source `crm` about a phone number unless told otherwise. */
export function aLookup(parts: Partial<LookupRequest> = {}): LookupRequest {
  return {
    source: 'crm',
    key: '+15551230001',
    keyKind: 'phone',
    conversationId: parseConversationId('conv-1'),
    traceId: parseTraceId('trace-1'),
    signal: new AbortController().signal,
    ...parts,
  };
}
