import { laneNumber } from '../sql/codec.ts';
import { deciding, query, type Statement, type Unit } from '../sql/statement.ts';
import type { Observed, Wake } from '../ledger.ts';
import { nextWipeAt } from './next-wipe.ts';
import { writeStatements, type WriteContext } from './writes.ts';

/**
 * Nothing but the deadline of a key waits: not a request, which is due at once, nor a retry, which
 * has a reason, nor what another observation asked for since the entries were read. A conversation
 * that has ended still needs a turn, which closes it.
 */
const waitsForProof = `phase = 'due' and reason is null and attempts = 0 and due_at > :now
  and ended_at is null and cast(:endedAt as bigint) is null
  and due_at = cast(:knownDueAt as bigint) and feed_seq = cast(:knownFeedSeq as bigint)`;

/** What was set aside waits for somebody to replay it; a customer's data that is to go does not. */
const isToEmpty = `cast(:wipes as integer) = 1 and cast(:nextDueAt as bigint) is not null`;

/**
 * Refused when anything has changed since the entries were read: a turn has begun, or another
 * observation was recorded, and its view is the newer one. Proof that came makes the turn that would
 * have looked for it needless.
 */
const touch = query(
  'observe.touch',
  (on) => `update conversation set
     due_at = case
       when phase = 'closed' or (phase = 'dead' and not (${isToEmpty})) then due_at
       when ${waitsForProof} then cast(:nextDueAt as bigint)
       else ${on.least('due_at', 'cast(:nextDueAt as bigint)')} end,
     lane = case when phase in ('idle', 'dead') then cast(:lane as integer) else lane end,
     phase = case
       when phase = 'idle' and cast(:nextDueAt as bigint) is not null then 'due'
       when phase = 'dead' and ${isToEmpty} then 'due'
       when cast(:nextDueAt as bigint) is null and ${waitsForProof} then 'idle'
       else phase end,
     participant_id = coalesce(cast(:participantId as text), participant_id),
     ended_at = coalesce(cast(:endedAt as bigint), ended_at),
     feed_seq = feed_seq + cast(:feedCount as bigint), changed_at = :now
   where id = cast(:conversationId as text) and fence = cast(:fence as bigint)
     and phase <> 'leased' and changed_at = cast(:knownChangedAt as bigint)
     and feed_seq = cast(:knownFeedSeq as bigint)
   returning case when phase = 'due' then due_at - :now end as wait`,
);

/** On a leased row the due time is a hint that its settle honours. */
const wake = query(
  'observe.wake',
  (on) => `update conversation set
     due_at = ${on.least('due_at', 'cast(:dueAt as bigint)')},
     lane = case when phase = 'idle' then cast(:lane as integer)
       else ${on.least('lane', 'cast(:lane as integer)')} end,
     phase = case when phase = 'idle' then 'due' else phase end, changed_at = :now
   where id = cast(:conversationId as text) and phase in ('idle', 'due', 'leased')
   returning case when phase = 'due' then due_at - :now end as wait`,
);

export function observeUnit(observed: Observed, context: WriteContext): Unit {
  return [
    deciding(
      observed.conversationId,
      touch({
        conversationId: observed.conversationId,
        fence: observed.basis.fence,
        knownDueAt: observed.basis.dueAt,
        knownFeedSeq: observed.basis.feedSeq,
        knownChangedAt: observed.basis.changedAt,
        wipes: nextWipeAt(observed.entries ?? []) === undefined ? 0 : 1,
        nextDueAt: observed.nextDueAt === undefined ? null : Math.ceil(observed.nextDueAt),
        lane: laneNumber(observed.lane ?? 'verify'),
        participantId: observed.participantId,
        endedAt: observed.endedAt,
        feedCount: observed.feed?.length ?? 0,
      }),
    ),
    ...writeStatements(observed, context),
  ];
}

export function wakeStatement(request: Wake): Statement {
  return wake({
    conversationId: request.conversationId,
    dueAt: Math.ceil(request.dueAt),
    lane: laneNumber(request.lane ?? 'verify'),
  });
}
