import { NO_WORK, type OutcomeSummary } from '../../domain/outcome.ts';
import { laneNumber, toJson } from '../sql/codec.ts';
import { deciding, query, type SqlParams, type Statement, type Unit } from '../sql/statement.ts';
import type { AuditDraft, Claim, Failure, Settlement } from '../turn.ts';
import { nextWipeAt } from './next-wipe.ts';
import { writeStatements, type WriteContext } from './writes.ts';

/**
 * The one statement that decides whether a turn may commit: the row must still be leased to this
 * owner under this fence. What arrived meanwhile, and what an observation asked for meanwhile
 * (`due_at` of a leased row), keeps the conversation due.
 */
const release = query(
  'settle.release',
  (on) => `update conversation set
     phase = case
       when arrivals > cast(:arrivals as bigint) then 'due'
       when due_at is not null or cast(:nextDueAt as bigint) is not null then 'due'
       else cast(:rest as text) end,
     due_at = case when arrivals > cast(:arrivals as bigint) then :now
       else ${on.least('due_at', 'cast(:nextDueAt as bigint)')} end,
     lane = case when arrivals > cast(:arrivals as bigint) then coalesce((
         select min(r.lane) from request r where r.conversation_id = conversation.id
           and r.outcome_id is null and r.arrival > cast(:arrivals as bigint)), lane)
       else ${laneNumber('verify')} end,
     owner = null, claim = null, attempts = 0,
     reason = cast(:reason as text),
     feed_seq = feed_seq + cast(:feedCount as bigint),
     participant_id = coalesce(cast(:participantId as text), participant_id),
     media = coalesce(cast(:media as text), media),
     ended_at = coalesce(cast(:endedAt as bigint), ended_at),
     changed_at = :now
   where id = cast(:conversationId as text) and fence = cast(:fence as bigint)
     and owner = cast(:owner as text) and phase = 'leased'
   returning case when phase = 'due' then due_at - :now end as wait,
     phase, due_at, feed_seq, changed_at, ended_at`,
);

const retryLater = query(
  'settle.retry',
  (on) => `update conversation set
     phase = 'due',
     due_at = ${on.least(on.least('due_at', 'cast(:nextDueAt as bigint)'), ':now + cast(:delayMs as bigint)')},
     owner = null, claim = null, reason = cast(:reason as text),
     attempts = case when attempts > cast(:refund as integer)
       then attempts - cast(:refund as integer) else 0 end,
     feed_seq = feed_seq + cast(:feedCount as bigint), changed_at = :now
   where id = cast(:conversationId as text) and fence = cast(:fence as bigint)
     and owner = cast(:owner as text) and phase = 'leased'
   returning case when phase = 'due' then due_at - :now end as wait`,
);

const insertOutcome = query(
  'settle.outcome',
  `insert into outcome (id, conversation_id, fence, result, reason, summary, at)
   values (:id, :conversationId, :fence, :result, cast(:reason as text), :summary, :now)`,
);

/** Personal data leaves the ledger here: an answered request keeps no body. */
const answerRequests = query(
  'settle.answer',
  `update request set outcome_id = :outcomeId, body = null
   where conversation_id = :conversationId and arrival <= cast(:arrivals as bigint)
     and outcome_id is null`,
);

export interface SettleContext extends WriteContext {
  readonly owner: string;
}

export function settleUnit(claim: Claim, settlement: Settlement, context: SettleContext): Unit {
  return endOfTurn(claim, settlement, context, {
    rest: settlement.closed === true ? 'closed' : 'idle',
    reason: null,
  });
}

/**
 * The last attempt failed: the requests are answered so, and the conversation is set aside, unless a
 * key of it is being emptied. That is for a turn without requests, which may well succeed.
 *
 * @param context with the instant, in epoch milliseconds of the store's clock
 */
export function deadUnit(
  claim: Claim,
  failure: Failure,
  context: SettleContext & { readonly now: number },
): Unit {
  const outcome = claim.requests.length === 0 ? failure.outcome : outcomeOf(claim, failure);
  const audit = [
    ...(failure.audit ?? []),
    ...auditOfDead(claim, { failure, outcome, now: context.now }),
  ];
  const nextDueAt = claim.requests.length === 0 ? undefined : nextWipeAt(claim.entries);
  return endOfTurn(claim, { ...failure, nextDueAt, outcome, audit }, context, {
    rest: 'dead',
    reason: failure.reason,
  });
}

function auditOfDead(
  { requests }: Claim,
  end: {
    readonly failure: Failure;
    readonly outcome: OutcomeSummary | undefined;
    readonly now: number;
  },
): readonly AuditDraft[] {
  const [first] = requests;
  const { failure, outcome, now } = end;
  if (first === undefined || outcome === undefined) return [];
  const oldest = Math.min(...requests.map(({ receivedAt }) => receivedAt));
  return [
    {
      actor: 'rapport',
      action: outcome.result,
      keys: [],
      requestId: first.id,
      traceId: outcome.traceId,
      correlationIds: failure.correlationIds,
      enrichment: {
        success: false,
        error: outcome.reason,
        latencyMs: Math.max(0, now - oldest),
        payloadHash: outcome.payloadHash,
      },
    },
  ];
}

export interface RetryTerms {
  readonly delayMs: number;
  readonly reason: string;
  /** Attempts that do not count: 1 when the turn was handed back rather than failed. */
  readonly refund: number;
}

export function retryUnit(
  claim: Claim,
  failure: Partial<Failure>,
  context: SettleContext,
  terms: RetryTerms,
): Unit {
  return [
    deciding(
      claim.conversationId,
      retryLater({
        ...holder(claim, context),
        delayMs: Math.round(terms.delayMs),
        reason: terms.reason,
        refund: terms.refund,
        nextDueAt: failure.nextDueAt === undefined ? null : Math.ceil(failure.nextDueAt),
        feedCount: failure.feed?.length ?? 0,
      }),
    ),
    ...writeStatements(failure, context),
  ];
}

function endOfTurn(
  claim: Claim,
  settlement: Settlement,
  context: SettleContext,
  end: { readonly rest: string; readonly reason: string | null },
): Unit {
  return [
    deciding(
      claim.conversationId,
      release({
        ...holder(claim, context),
        arrivals: claim.arrivals,
        rest: end.rest,
        reason: end.reason,
        nextDueAt: settlement.nextDueAt === undefined ? null : Math.ceil(settlement.nextDueAt),
        feedCount: settlement.feed?.length ?? 0,
        participantId: settlement.participantId,
        media: settlement.media,
        endedAt: settlement.endedAt,
      }),
    ),
    ...outcomeStatements(claim, settlement.outcome, context),
    ...writeStatements(settlement, context),
  ];
}

function holder(claim: Claim, context: SettleContext): SqlParams {
  return { conversationId: claim.conversationId, fence: claim.fence, owner: context.owner };
}

function outcomeStatements(
  claim: Claim,
  outcome: OutcomeSummary | undefined,
  context: SettleContext,
): Statement[] {
  if (outcome === undefined) return [];
  const { conversationId, fence, arrivals } = claim;
  const id = context.newId();
  return [
    insertOutcome({
      id,
      conversationId,
      fence,
      result: outcome.result,
      reason: outcome.reason,
      summary: toJson(outcome),
    }),
    answerRequests({ outcomeId: id, conversationId, arrivals }),
  ];
}

function outcomeOf(claim: Claim, failure: Failure): OutcomeSummary | undefined {
  const first = claim.requests[0];
  if (failure.outcome !== undefined || first === undefined) return failure.outcome;
  return {
    conversationId: claim.conversationId,
    enrichmentIds: claim.requests.map((request) => request.id),
    traceId: first.traceId,
    result: 'failed',
    reason: failure.reason,
    message: failure.message,
    ...NO_WORK,
  };
}
