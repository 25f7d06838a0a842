import { hasEnded } from '../../domain/conversation.ts';
import type { EnrichmentId } from '../../domain/ids.ts';
import { NO_WORK, type OutcomeSummary } from '../../domain/outcome.ts';
import type { EnrichmentRequest } from '../../domain/request.ts';
import type { Acceptance } from '../ledger.ts';
import { entriesOfConversation } from '../reading/statements.ts';
import { encodeBody, laneNumber, numberOf, textOf, toJson } from '../sql/codec.ts';
import {
  locking,
  query,
  type Bind,
  type Dialect,
  type SqlParams,
  type SqlRow,
  type Statement,
  type Unit,
} from '../sql/statement.ts';
import type { Claim } from '../turn.ts';
import { CLAIMED, claimOf } from './claim.ts';

/** The upsert changes nothing; it is there for its row lock, under which arrivals are counted. */
export const lockConversation: Bind<{ conversationId: string; lane: number }> = query(
  'accept.lock',
  `insert into conversation
     (id, phase, lane, arrivals, fence, attempts, feed_seq, first_seen_at, changed_at)
   values (:conversationId, 'idle', :lane, 0, 0, 0, 0, :now, :now)
   on conflict (id) do update set changed_at = excluded.changed_at`,
);

/** In a closed conversation the request is answered as it arrives, unless it shows it alive. */
const insertRequest = query<{
  id: string;
  dedupeKey: string;
  conversationId: string;
  kind: string;
  lane: number;
  body: string;
  traceId: string;
  outcomeId: string;
  live: number;
}>(
  'accept.request',
  `insert into request
     (id, dedupe_key, conversation_id, arrival, kind, lane, trace_id, received_at, body, outcome_id)
   select cast(:id as text), cast(:dedupeKey as text), c.id, c.arrivals + 1, cast(:kind as text),
     cast(:lane as integer), cast(:traceId as text), :now,
     case when c.phase = 'closed' and cast(:live as integer) = 0 then null
          else cast(:body as text) end,
     case when c.phase = 'closed' and cast(:live as integer) = 0
          then cast(:outcomeId as text) end
   from conversation c where c.id = cast(:conversationId as text)
   on conflict do nothing
   returning id, received_at`,
);

const insertSkipped = query<{
  id: string;
  conversationId: string;
  outcomeId: string;
  summary: string;
}>(
  'accept.skipped',
  `insert into outcome (id, conversation_id, fence, result, reason, summary, at)
   select r.outcome_id, c.id, c.fence + 1, 'skipped', 'ended', cast(:summary as text), :now
   from request r, conversation c
   where r.id = cast(:id as text) and r.outcome_id = cast(:outcomeId as text)
     and c.id = cast(:conversationId as text)`,
);

interface Arrival extends SqlParams {
  readonly id: string;
  readonly conversationId: string;
  readonly lane: number;
  readonly live: number;
}

/** What an arrival makes of an idle conversation: it falls due, or is leased at once. */
const IDLE_FALLS_DUE = { phase: 'due', fence: 'fence', attempts: '0', dueAt: ':now', lease: '' };
const IDLE_IS_LEASED = {
  phase: 'leased',
  fence: 'fence + 1',
  attempts: '1',
  dueAt: 'null',
  lease: `owner = case phase when 'idle' then cast(:owner as text) else owner end,
     claim = case phase when 'idle' then cast(:id as text) else claim end,
     earlier_turn_at = case phase when 'idle' then turn_at else earlier_turn_at end,
     turn_at = case phase when 'idle' then :now else turn_at end,`,
};

/** Counts only a request that this unit inserted: a duplicate's arrival is not the next one. */
const arrivalText = (on: Dialect, idle: typeof IDLE_FALLS_DUE): string =>
  `update conversation set
     arrivals = arrivals + 1, ${idle.lease}
     fence = case when phase = 'closed' and cast(:live as integer) = 0 then fence + 1
       when phase = 'idle' then ${idle.fence} else fence end,
     attempts = case when phase in ('due', 'leased') then attempts
       when phase = 'idle' then ${idle.attempts} else 0 end,
     lane = case when phase in ('due', 'leased')
       then ${on.least('lane', 'cast(:lane as integer)')} else cast(:lane as integer) end,
     due_at = case phase when 'leased' then due_at when 'idle' then ${idle.dueAt}
       when 'due' then ${on.least('due_at', ':now')}
       when 'closed' then case when cast(:live as integer) = 1 then :now end
       else :now end,
     ended_at = case when cast(:live as integer) = 1 then null else ended_at end,
     phase = case phase when 'leased' then 'leased' when 'idle' then '${idle.phase}'
       when 'closed' then case when cast(:live as integer) = 1 then 'due' else 'closed' end
       else 'due' end
   where id = cast(:conversationId as text) and exists (
     select 1 from request r where r.id = cast(:id as text)
       and r.conversation_id = cast(:conversationId as text)
       and r.arrival = conversation.arrivals + 1)`;

const countArrival = query<Arrival>('accept.count', (on) => arrivalText(on, IDLE_FALLS_DUE));

/** The claim has the request's id: one of this statement's own is known by it. */
const countAndClaim = query<Arrival & { readonly owner: string }>(
  'accept.claim',
  (on) => `${arrivalText(on, IDLE_IS_LEASED)}
   returning ${CLAIMED}, claim`,
);

const answer = query<{ id: string; dedupeKey: string; outcomeId: string }>(
  'accept.answer',
  `select id, case when outcome_id = cast(:outcomeId as text) then 1 else 0 end as skipped
   from request where dedupe_key = cast(:dedupeKey as text) or id = cast(:id as text)
   order by case when dedupe_key = cast(:dedupeKey as text) then 0 else 1 end limit 1`,
);

const auditReopened = query<{ id: string; conversationId: string; auditId: string; trace: string }>(
  'accept.reopened',
  `insert into audit (id, conversation_id, at, actor, action, keys, request_id, trace_id, correlation_ids)
   select cast(:auditId as text), c.id, :now, 'rapport', 'reopened', '[]', cast(:id as text),
     cast(:trace as text), '[]'
   from conversation c, request r
   where c.id = cast(:conversationId as text) and c.phase = 'closed'
     and r.id = cast(:id as text) and r.conversation_id = c.id and r.arrival = c.arrivals + 1`,
);

export interface AcceptContext {
  readonly newId: () => string;
  /** Whose the conversation becomes if it is idle; undefined leaves it to whoever claims it. */
  readonly owner: string | undefined;
}

/** The requests of one conversation. Only one that comes alone may bring a claim: it answers all that is open. */
export function acceptUnit(requests: readonly EnrichmentRequest[], context: AcceptContext): Unit {
  const [only, ...more] = requests;
  if (only === undefined || more.length > 0 || context.owner === undefined) {
    return requests.flatMap((request) => acceptStatements(request, context.newId, undefined));
  }
  return [
    ...acceptStatements(only, context.newId, context.owner),
    entriesOfConversation({ id: only.conversationId }),
  ];
}

/** One request as statements; `PER_REQUEST` of them, the last of which answers it. */
function acceptStatements(
  request: EnrichmentRequest,
  newId: () => string,
  owner: string | undefined,
): Statement[] {
  const { conversationId, id, dedupeKey } = request;
  const lane = laneNumber(request.lane);
  const live = showsLive(request) ? 1 : 0;
  const outcomeId = newId();
  return [
    locking(lockConversation({ conversationId, lane }), conversationId),
    insertRequest({
      id,
      dedupeKey,
      conversationId,
      kind: request.kind,
      lane,
      body: encodeBody(request.body),
      traceId: request.traceId,
      outcomeId,
      live,
    }),
    live === 1
      ? auditReopened({ id, conversationId, auditId: newId(), trace: request.traceId })
      : insertSkipped({ id, conversationId, outcomeId, summary: toJson(skipped(request)) }),
    owner === undefined
      ? countArrival({ id, conversationId, lane, live })
      : countAndClaim({ id, conversationId, lane, live, owner }),
    answer({ id, dedupeKey, outcomeId }),
  ];
}

/** How many statements one request takes, and which of them count it and answer it. */
const PER_REQUEST = 5;
const COUNT = 3;
const ANSWER = 4;

export function acceptancesOf(
  requests: readonly EnrichmentRequest[],
  rows: readonly (readonly SqlRow[])[],
): readonly Acceptance[] {
  return requests.map((request, i) =>
    acceptanceOf(request, rows.slice(i * PER_REQUEST, (i + 1) * PER_REQUEST)),
  );
}

/** The claim that came with the only request of a unit; undefined when the conversation was not idle. */
export function acceptedClaim(
  request: EnrichmentRequest,
  rows: readonly (readonly SqlRow[])[],
): Claim | undefined {
  const row = rows[COUNT]?.[0];
  if (row?.['claim'] !== request.id) return undefined;
  const arrival = numberOf(row, 'arrivals');
  const receivedAt = numberOf(rows[1]?.[0] ?? {}, 'received_at');
  return claimOf(row, [{ ...request, arrival, receivedAt }], rows[PER_REQUEST] ?? []);
}

function acceptanceOf(
  request: EnrichmentRequest,
  rows: readonly (readonly SqlRow[])[],
): Acceptance {
  const inserted = (rows[1]?.length ?? 0) > 0;
  const first = rows[ANSWER]?.[0];
  return {
    id: first === undefined ? request.id : (textOf(first, 'id') as EnrichmentId),
    conversationId: request.conversationId,
    duplicate: !inserted,
    skipped: inserted && first?.['skipped'] === 1 ? 'ended' : undefined,
  };
}

/** Whether the request itself is evidence that the conversation goes on. */
function showsLive(request: EnrichmentRequest): boolean {
  const { conversation } = request.body;
  return conversation !== undefined && !hasEnded(conversation);
}

function skipped(request: EnrichmentRequest): OutcomeSummary {
  return {
    conversationId: request.conversationId,
    enrichmentIds: [request.id],
    traceId: request.traceId,
    result: 'skipped',
    reason: 'ended',
    ...NO_WORK,
  };
}
