import { bareParticipant, type Conversation } from '../domain/conversation.ts';
import type { SourceVerdict } from '../domain/outcome.ts';
import {
  parseParticipantId,
  parseTraceId,
  type ConversationId,
  type TraceId,
} from '../domain/ids.ts';
import { enrich, type EnrichDeps } from '../enrich/pipeline.ts';
import { abortable, createDeadline } from '../lib/abort.ts';
import type { Clock } from '../lib/clock.ts';

/** `stale`: an older value stands in for a source that failed; `partial`: some sources failed and others did not. */
export const LOOKUP_STATUSES = ['found', 'stale', 'partial', 'not-found', 'failed'] as const;
export type LookupStatus = (typeof LOOKUP_STATUSES)[number];

/** What is known of the caller. */
export interface LookupInput {
  readonly conversationId: ConversationId | undefined;
  readonly externalId: string | undefined;
  readonly phone: string | undefined;
  readonly email: string | undefined;
  /** When the answer is due, in milliseconds. */
  readonly timeoutMs: number;
}

export interface LookupResult {
  readonly status: LookupStatus;
  /** Every attribute that an enrichment would want to be there. Secret ones are left out. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly traceId: TraceId;
}

export interface LookupDeps {
  /** The mapping in force; it may be another at the next call. */
  readonly enrich: () => EnrichDeps;
  /** Reads a conversation as live work does. Rejects when it cannot, and with the signal's reason. */
  readonly readConversation: (
    id: ConversationId,
    options: { readonly signal: AbortSignal; readonly traceId: TraceId },
  ) => Promise<Conversation>;
  readonly clock: Clock;
  readonly newId: () => string;
}

/** Of the answer's time, what is kept for mapping and sending, in milliseconds. */
const RESERVE_MS = 20;
/** Of the answer's time, how much may go to reading the conversation; the sources need the rest. */
const READ_SHARE = 0.6;

/**
 * Answers a flow that waits: the first half of a turn, for a customer who may have no conversation
 * yet. With nothing but a conversation's id, the customer is found on it, which costs a request to the
 * platform; given a key, it is not read. Neither a read nor a source that is not done in time is
 * waited for: a source counts as failed, so that its stale value is given, or the others' values alone.
 */
export function createLookup(
  deps: LookupDeps,
  signal: AbortSignal,
): (input: LookupInput) => Promise<LookupResult> {
  return async ({ timeoutMs, conversationId, ...keys }) => {
    const traceId = parseTraceId(deps.newId());
    const leftMs = Math.max(1, timeoutMs - RESERVE_MS);
    using patience = createDeadline(deps.clock, leftMs, signal);
    const hasKey = Object.values(keys).some((key) => key !== undefined);
    const read =
      hasKey || conversationId === undefined
        ? undefined
        : await readInTime(deps, {
            conversationId,
            traceId,
            withinMs: leftMs * READ_SHARE,
            signal,
          });
    const mapping = deps.enrich();
    const enrichment = await enrich(
      { conversation: read ?? caller(conversationId ?? NONE), request: keys, traceId, signal },
      {
        ...mapping,
        lookup: (request) => mapping.lookup({ ...request, patience: patience.signal }),
      },
    );
    const plain = enrichment.planned.filter(({ target }) => target === 'attributes');
    return {
      status: statusOf(enrichment.report.sources),
      attributes: Object.fromEntries(plain.map(({ key, text }) => [key, text])),
      traceId,
    };
  };
}

interface Reading {
  readonly conversationId: ConversationId;
  readonly traceId: TraceId;
  readonly withinMs: number;
  readonly signal: AbortSignal;
}

/** Undefined when it could not be read by then: sources that ask by conversation may still know it. */
async function readInTime(
  deps: LookupDeps,
  { conversationId, traceId, withinMs, signal }: Reading,
): Promise<Conversation | undefined> {
  using deadline = createDeadline(deps.clock, withinMs, signal);
  try {
    const reading = deps.readConversation(conversationId, { signal: deadline.signal, traceId });
    return await abortable(reading, deadline.signal);
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

/** No conversation: nothing is looked up by it. */
const NONE = '' as ConversationId;

/** A conversation with nobody on it but a customer of whom nothing is known. */
function caller(id: ConversationId): Conversation {
  return {
    id,
    startedAt: undefined,
    endedAt: undefined,
    participants: [bareParticipant(parseParticipantId('caller'), 'customer')],
  };
}

function statusOf(sources: readonly SourceVerdict[]): LookupStatus {
  const failed = sources.filter(({ answer }) => answer === 'failed');
  const found = sources.filter(({ answer }) => answer === 'found');
  if (failed.length > 0) return found.length > 0 ? 'partial' : 'failed';
  if (found.some(({ from }) => from === 'stale-cache')) return 'stale';
  return found.length > 0 ? 'found' : 'not-found';
}
