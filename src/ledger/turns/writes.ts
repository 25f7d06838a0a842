import { hash, randomUUID } from 'node:crypto';
import { entryParams, toJson } from '../sql/codec.ts';
import { feedRowOf, type FeedRow } from '../sql/feed-row.ts';
import { query, type SqlValue, type Statement } from '../sql/statement.ts';
import type { AuditDraft, OutboxDraft, PersonKey, TurnWrites } from '../turn.ts';

/** What the statements of one turn's end need beside its drafts. */
export interface WriteContext {
  readonly conversationId: string;
  readonly fence: number;
  readonly newId: () => string;
  /** Keyed digest of a person's phone or customer id. */
  readonly personDigest: (person: PersonKey) => string;
}

/**
 * Messages of one turn stand behind those of every earlier one. What an observation adds under the
 * same fence, and whatever follows that, stands behind all that still waits.
 */
const OUTBOX_PER_TURN = 1_000;

const upsertEntry = query(
  'write.entry',
  `insert into attribute
     (conversation_id, participant_id, target, key, state, class, wipe, deadline_at, memory)
   values (:conversationId, :participantId, :target, :key, :state, :class, :wipe,
     cast(:deadlineAt as bigint), :memory)
   on conflict (conversation_id, participant_id, target, key) do update set
     state = excluded.state, class = excluded.class, wipe = excluded.wipe,
     deadline_at = excluded.deadline_at, memory = excluded.memory`,
);

const insertAudit = query<Readonly<Record<string, SqlValue>>>(
  'write.audit',
  `insert into audit
     (id, conversation_id, at, actor, action, keys, request_id, trace_id, correlation_ids, salt, facts)
   values (:id, cast(:conversationId as text), :now, :actor, :action, :keys,
     cast(:requestId as text), cast(:traceId as text), :correlationIds, cast(:salt as text),
     cast(:facts as text))`,
);

const insertOutbox = query<Readonly<Record<string, SqlValue>>>(
  'write.outbox',
  `insert into outbox
     (id, destination, conversation_id, seq, type, body, trace_id, state, attempts, next_at,
      created_at, changed_at)
   values (:id, :destination, :conversationId,
     (select case when max(o.seq) >= cast(:seq as bigint) then max(o.seq) + 1
       else cast(:seq as bigint) end from outbox o
       where o.destination = :destination and o.conversation_id = :conversationId
         and o.state in ('waiting', 'sending')),
     :type, :body, cast(:traceId as text), 'waiting', 0, :now, :now, :now)`,
);

/** The conversation's `feed_seq` is that of the last of the new events already; the row's lock keeps it so. */
const insertFeed = query<FeedRow & { conversationId: string }>(
  'write.feed',
  `insert into feed (conversation_id, n, kind, body, at)
   select id, feed_seq, cast(:kind as text), cast(:body as text), :now
   from conversation where id = cast(:conversationId as text)`,
);

const insertPerson = query<{ digest: string; conversationId: string }>(
  'write.person',
  `insert into person (digest, conversation_id) values (:digest, :conversationId)
   on conflict do nothing`,
);

export function writeStatements(writes: TurnWrites, context: WriteContext): Statement[] {
  const { conversationId } = context;
  const feed = feedRowOf(writes.feed ?? []);
  return [
    ...(writes.entries ?? []).map((entry) => upsertEntry(entryParams(entry))),
    ...(writes.audit ?? []).map((draft) => auditStatement(draft, context)),
    ...(writes.outbox ?? []).map((draft, index) => outboxStatement(draft, index, context)),
    ...(feed === undefined ? [] : [insertFeed({ ...feed, conversationId })]),
    ...(writes.persons ?? []).map((person) =>
      insertPerson({ digest: context.personDigest(person), conversationId }),
    ),
  ];
}

/**
 * Each row's digests are hashed once more with a salt of its own. Clearing the salt makes them
 * meaningless, and since the chain covers the digests but not the salt, it still verifies.
 */
export function auditStatement(
  draft: AuditDraft,
  context: { readonly conversationId: string | null; readonly newId: () => string },
): Statement {
  // Of a cache that Node keeps filled: sixteen bytes asked for alone cost twenty times as much.
  const salt = randomUUID();
  const keys = draft.keys.map((item) => ({
    ...item,
    digest: item.digest === undefined ? undefined : saltedDigest(salt, item.digest),
  }));
  return insertAudit({
    id: context.newId(),
    conversationId: context.conversationId,
    actor: draft.actor,
    action: draft.action,
    keys: toJson(keys),
    requestId: draft.requestId ?? null,
    traceId: draft.traceId ?? null,
    correlationIds: toJson(draft.correlationIds ?? []),
    salt,
    facts: draft.enrichment === undefined ? null : toJson(draft.enrichment),
  });
}

/** Salt and digest are as long as every other: no two pairs share one text. */
const saltedDigest = (salt: string, digest: string): string =>
  hash('sha256', `${salt}${digest}`, 'base64url').slice(0, 22);

function outboxStatement(draft: OutboxDraft, index: number, context: WriteContext): Statement {
  return insertOutbox({
    id: context.newId(),
    destination: draft.destination,
    conversationId: context.conversationId,
    seq: context.fence * OUTBOX_PER_TURN + index,
    type: draft.type,
    body: toJson(draft.body),
    traceId: draft.traceId ?? null,
  });
}
