import type { MediaType } from '../../domain/conversation.ts';
import type { ConversationId, ParticipantId } from '../../domain/ids.ts';
import type { OutcomeSummary } from '../../domain/outcome.ts';
import type {
  AuditRecord,
  ConversationRecord,
  OutcomeRecord,
  Phase,
  RequestRecord,
} from './records.ts';
import {
  fromJson,
  laneOf,
  maybeNumber,
  maybeText,
  numberOf,
  requestFactsOf,
  textOf,
} from '../sql/codec.ts';
import { query, type Bind, type SqlRow } from '../sql/statement.ts';
import type { AuditedEnrichment, AuditKey } from '../turn.ts';

export const oneConversation: Bind<{ id: string }> = query(
  'read.conversation',
  `select * from conversation where id = cast(:id as text)`,
);

export const entriesOfConversation: Bind<{ id: string }> = query(
  'read.entries',
  `select * from attribute where conversation_id = cast(:id as text)
   order by participant_id, target, key`,
);

export const listConversations: Bind<{
  phase: string | null;
  changedAt: number;
  id: string;
  limit: number;
}> = query(
  'read.conversations',
  `select * from conversation
   where (cast(:phase as text) is null or phase = cast(:phase as text))
     and (changed_at, id) < (cast(:changedAt as bigint), cast(:id as text))
   order by changed_at desc, id desc limit cast(:limit as integer)`,
);

const requestColumns = `r.id, r.conversation_id, r.kind, r.lane, r.arrival, r.trace_id,
  r.received_at, o.id as outcome_id, o.fence, o.at, o.summary
  from request r left join outcome o on o.id = r.outcome_id`;

export const requestsOfConversation: Bind<{ id: string; limit: number }> = query(
  'read.requests',
  `select ${requestColumns} where r.conversation_id = cast(:id as text)
   order by r.arrival desc limit cast(:limit as integer)`,
);

export const oneRequest: Bind<{ id: string }> = query(
  'read.request',
  `select ${requestColumns} where r.id = cast(:id as text)`,
);

export const outcomesOfConversation: Bind<{ id: string; limit: number }> = query(
  'read.outcomes',
  `select id as outcome_id, conversation_id, fence, at, summary from outcome
   where conversation_id = cast(:id as text) order by fence desc limit cast(:limit as integer)`,
);

/** Rows whose last event is after that number; the first of them may begin before it. */
export const feedAfter: Bind<{ id: string; after: number; limit: number }> = query(
  'read.feed',
  `select f.* from feed f where f.conversation_id = cast(:id as text) and f.n > cast(:after as bigint)
   order by f.n limit cast(:limit as integer)`,
);

export const oldestFeed: Bind<{ id: string }> = query(
  'read.oldestFeed',
  `select f.* from feed f where f.conversation_id = cast(:id as text) order by f.n limit 1`,
);

export const listAudit: Bind<{
  conversationId: string | null;
  action: string | null;
  before: string | null;
  limit: number;
}> = query(
  'read.audit',
  `select * from audit
   where (cast(:conversationId as text) is null or conversation_id = cast(:conversationId as text))
     and (cast(:action as text) is null or action = cast(:action as text))
     and (cast(:before as text) is null or id < cast(:before as text))
   order by id desc limit cast(:limit as integer)`,
);

export const countDue: Bind = query(
  'read.depth',
  `select lane, count(*) as depth, :now - min(due_at) as oldest from conversation
   where phase = 'due' and due_at <= :now group by lane`,
);

export const countPhases: Bind = query(
  'read.phases',
  `select phase as word, count(*) as total from conversation group by phase`,
);

export const countOpenRequests: Bind = query(
  'read.openRequests',
  `select count(*) as total from request where outcome_id is null`,
);

export const countOutbox: Bind = query(
  'read.outboxStates',
  `select destination, state, count(*) as total, :now - min(created_at) as oldest from outbox
   group by destination, state`,
);

export const countOutcomes: Bind<{ sinceMs: number }> = query(
  'read.outcomeResults',
  `select result as word, count(*) as total from outcome
   where at >= :now - cast(:sinceMs as bigint) group by result`,
);

/** Of the latest requests that were answered, those of a replay and of a bulk run included. */
export const requestDurations: Bind<{ sinceMs: number; limit: number }> = query(
  'read.requestDurations',
  `select o.at - r.received_at as took from outcome o join request r on r.outcome_id = o.id
   where o.at >= :now - cast(:sinceMs as bigint)
   order by o.at desc limit cast(:limit as integer)`,
);

export function conversationOf(row: SqlRow): ConversationRecord {
  return {
    id: textOf(row, 'id') as ConversationId,
    phase: textOf(row, 'phase') as Phase,
    lane: laneOf(row['lane']),
    dueAt: maybeNumber(row, 'due_at'),
    fence: numberOf(row, 'fence'),
    arrivals: numberOf(row, 'arrivals'),
    attempts: numberOf(row, 'attempts'),
    reason: maybeText(row, 'reason'),
    participantId: maybeText(row, 'participant_id') as ParticipantId | undefined,
    media: maybeText(row, 'media') as MediaType | undefined,
    firstSeenAt: numberOf(row, 'first_seen_at'),
    endedAt: maybeNumber(row, 'ended_at'),
    changedAt: numberOf(row, 'changed_at'),
    feedSeq: numberOf(row, 'feed_seq'),
  };
}

export function requestRecordOf(row: SqlRow): RequestRecord {
  return {
    ...requestFactsOf(row),
    outcome: maybeText(row, 'outcome_id') === undefined ? undefined : outcomeOf(row),
  };
}

export function outcomeOf(row: SqlRow): OutcomeRecord {
  return {
    id: textOf(row, 'outcome_id'),
    conversationId: textOf(row, 'conversation_id') as ConversationId,
    fence: numberOf(row, 'fence'),
    at: numberOf(row, 'at'),
    summary: fromJson<OutcomeSummary>(textOf(row, 'summary')),
  };
}

export function auditOf(row: SqlRow): AuditRecord {
  const facts = maybeText(row, 'facts');
  return {
    id: textOf(row, 'id'),
    conversationId: maybeText(row, 'conversation_id') as ConversationId | undefined,
    at: numberOf(row, 'at'),
    actor: textOf(row, 'actor'),
    action: textOf(row, 'action'),
    keys: fromJson<AuditKey[]>(textOf(row, 'keys')),
    requestId: maybeText(row, 'request_id'),
    traceId: maybeText(row, 'trace_id'),
    correlationIds: fromJson<string[]>(textOf(row, 'correlation_ids')),
    enrichment: facts === undefined ? undefined : fromJson<AuditedEnrichment>(facts),
    seq: maybeNumber(row, 'seq'),
    hash: maybeText(row, 'hash'),
  };
}

/** Counts by word, every word of `words` present. */
export function countsOf<Word extends string>(
  rows: readonly SqlRow[],
  words: readonly Word[],
): Record<Word, number> {
  const counts = new Map<string, number>(words.map((word) => [word, 0]));
  for (const row of rows) counts.set(textOf(row, 'word'), numberOf(row, 'total'));
  // Every one of `words` was put in above.
  return Object.fromEntries(counts) as Record<Word, number>;
}
