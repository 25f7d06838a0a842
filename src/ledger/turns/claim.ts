import type { MediaType } from '../../domain/conversation.ts';
import type { ConversationId, ParticipantId } from '../../domain/ids.ts';
import { LANES, type Lane } from '../../domain/request.ts';
import {
  entryOf,
  laneOf,
  maybeNumber,
  maybeText,
  numberOf,
  requestOf,
  textOf,
} from '../sql/codec.ts';
import {
  query,
  type Bind,
  type NoParams,
  type SqlRow,
  type Unit,
  type UnitResult,
} from '../sql/statement.ts';
import type { Claim, ClaimBatch, ClaimedRequest } from '../turn.ts';

/** How long a due row waits before it is lifted one lane, again and again, so that nothing starves. */
export const PATIENCE_MS: Readonly<Record<Exclude<Lane, 'live'>, number>> = {
  manual: 2_000,
  verify: 5_000,
  backfill: 60_000,
};

/** What a claim is made from. */
export const CLAIMED = `id, fence, arrivals, attempts, lane, participant_id, media,
     first_seen_at, ended_at, reason, turn_at, earlier_turn_at`;

export const TAKEN_OVER = 'taken over';

/**
 * The best rows of each lane come from its own stretch of the index, so a claim costs the same
 * however long the line is. Twice as many as wanted, since others may hold some of them.
 */
const candidates = LANES.map(
  (_, lane) => `select * from (
       select id, lane, due_at from conversation
       where phase = 'due' and lane = ${lane} and due_at <= :now
       order by due_at limit 2 * cast(:max as integer)) lane${lane}`,
).join(' union all ');

/** The lane that a row has been lifted to by waiting; the longest wait is asked for first. */
const lifted = LANES.flatMap((name, lane) =>
  name === 'live'
    ? []
    : LANES.slice(0, lane).map(
        (_, to) =>
          `when due.lane = ${lane} and due.due_at < :now - ${(lane - to) * PATIENCE_MS[name]} then ${to}`,
      ),
).join(' ');

const take = query<{ owner: string; claim: string; max: number }>(
  'claim.take',
  // Materialized: the choice is made once. As a plain subquery, PostgreSQL may run it again for
  // each row that it compares, and lock other rows than it returns.
  (on) => `with chosen as materialized (
     select c.id from conversation c join (${candidates}) due on due.id = c.id
     where c.phase = 'due'
     order by case ${lifted} else due.lane end, due.due_at
     limit cast(:max as integer) ${on.skipLocked('c')})
   update conversation set
     phase = 'leased', owner = cast(:owner as text), claim = cast(:claim as text),
     fence = fence + 1, attempts = attempts + 1, due_at = null,
     earlier_turn_at = turn_at, turn_at = :now, changed_at = :now
   where id in (select id from chosen)
   returning ${CLAIMED}`,
);

const requestsOf = query<{ owner: string; claim: string }>(
  'claim.requests',
  `select r.* from request r join conversation c on c.id = r.conversation_id
   where c.phase = 'leased' and c.owner = cast(:owner as text) and c.claim = cast(:claim as text)
     and r.outcome_id is null and r.arrival <= c.arrivals
   order by r.conversation_id, r.arrival`,
);

export const entriesOf: Bind<{ owner: string; claim: string }> = query(
  'claim.entries',
  `select a.* from attribute a join conversation c on c.id = a.conversation_id
   where c.phase = 'leased' and c.owner = cast(:owner as text) and c.claim = cast(:claim as text)
   order by a.conversation_id, a.participant_id, a.target, a.key`,
);

const nextDue = query<NoParams>(
  'claim.next',
  `select min(due_at) - :now as wait from (${LANES.map(
    (_, lane) =>
      `select min(due_at) as due_at from conversation where phase = 'due' and lane = ${lane}`,
  ).join(' union all ')}) next`,
);

/** A claim whose answer was lost on the way may have been committed; nobody works on what it took. */
export const returnClaim: Bind<{ owner: string; claim: string }> = query(
  'claim.return',
  `update conversation set phase = 'due', due_at = :now, owner = null, claim = null,
     attempts = attempts - 1, changed_at = :now
   where phase = 'leased' and owner = cast(:owner as text) and claim = cast(:claim as text)
   returning id`,
);

export function claimUnit(owner: string, claim: string, max: number): Unit {
  return [
    take({ owner, claim, max }),
    requestsOf({ owner, claim }),
    entriesOf({ owner, claim }),
    nextDue({}),
  ];
}

export function claimBatchOf(result: UnitResult): ClaimBatch {
  if (result === 'refused') return { claims: [], nextDueInMs: undefined };
  const [taken = [], requests = [], entries = [], next = []] = result;
  const requestsBy = Map.groupBy(requests, (row) => textOf(row, 'conversation_id'));
  const entriesBy = Map.groupBy(entries, (row) => textOf(row, 'conversation_id'));
  const claims = taken.map((row) => {
    const id = textOf(row, 'id');
    return claimOf(row, (requestsBy.get(id) ?? []).map(requestOf), entriesBy.get(id) ?? []);
  });
  claims.sort(
    (a, b) => LANES.indexOf(a.lane) - LANES.indexOf(b.lane) || a.firstSeenAt - b.firstSeenAt,
  );
  const wait = next[0] === undefined ? undefined : maybeNumber(next[0], 'wait');
  return { claims, nextDueInMs: wait === undefined ? undefined : Math.max(0, wait) };
}

export function claimOf(
  row: SqlRow,
  requests: readonly ClaimedRequest[],
  entries: readonly SqlRow[],
): Claim {
  const reason = maybeText(row, 'reason');
  return {
    conversationId: textOf(row, 'id') as ConversationId,
    fence: numberOf(row, 'fence'),
    arrivals: numberOf(row, 'arrivals'),
    attempts: numberOf(row, 'attempts'),
    lane: laneOf(row['lane']),
    participantId: maybeText(row, 'participant_id') as ParticipantId | undefined,
    media: maybeText(row, 'media') as MediaType | undefined,
    firstSeenAt: numberOf(row, 'first_seen_at'),
    endedAt: maybeNumber(row, 'ended_at'),
    claimedAt: numberOf(row, 'turn_at'),
    reason,
    tookOver: reason === TAKEN_OVER,
    // A settle clears the reason; every other end of a turn leaves one.
    lookFirst: reason !== undefined || numberOf(row, 'attempts') > 1,
    earlierTurnAt: maybeNumber(row, 'earlier_turn_at'),
    requests,
    entries: entries.map(entryOf),
  };
}
