import type { ConversationId, TraceId } from '../../domain/ids.ts';
import type { KeyVerdict, OutcomeResult, OutcomeSummary } from '../../domain/outcome.ts';
import type { Enrichment } from '../../enrich/enrichment.ts';
import { maskReport } from '../../enrich/report/report.ts';
import type { ClaimedRequest } from '../../ledger/turn.ts';
import type { WritebackResult } from '../../writeback/turn/input.ts';

export interface OutcomeParts {
  readonly conversationId: ConversationId;
  readonly traceId: TraceId;
  readonly requests: readonly ClaimedRequest[];
  readonly enrichment: Enrichment | undefined;
  readonly written: WritebackResult | undefined;
  /** Requests that the turn itself spent, beside those of the writing. */
  readonly reads: number;
  readonly stages: Readonly<Record<string, number>>;
}

/** The lost states that stay: what was `ignored` may show late. */
const LOST: ReadonlySet<KeyVerdict['state']> = new Set(['refused', 'failed', 'wrong-participant']);

/** What the turn came to, for whoever asked and for the record. Holds no value of a customer. */
export function toOutcome(parts: OutcomeParts): OutcomeSummary {
  const { enrichment, written } = parts;
  const keys = written?.keyVerdicts ?? [];
  return {
    conversationId: parts.conversationId,
    enrichmentIds: parts.requests.map((request) => request.id),
    traceId: parts.traceId,
    ...judge(parts),
    participantId: enrichment?.participant?.id,
    participantRule: enrichment?.report.participant.rule,
    sources: enrichment?.report.sources ?? [],
    keys,
    dropped: droppedBy(enrichment),
    platformRequests: parts.reads + (written?.platformRequests ?? 0),
    proofRequests: written?.proofRequests ?? 0,
    payloadHash: enrichment?.report.payloadHash,
    stages: { ...parts.stages, ...enrichment?.stages },
    report: enrichment === undefined ? undefined : { ...maskReport(enrichment.report) },
  };
}

function droppedBy(enrichment: Enrichment | undefined): OutcomeSummary['dropped'] {
  const rows = enrichment?.report.keys ?? [];
  return rows
    .filter((row) => row.status === 'DROPPED' || row.status === 'MISMATCH')
    .map((row) => ({ key: row.key, reason: row.reason ?? row.status.toLowerCase() }));
}

interface Judgement {
  readonly result: OutcomeResult;
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
}

function judge({ requests, enrichment, written }: OutcomeParts): Judgement {
  const keys = written?.keyVerdicts ?? [];
  if (written?.ended === true && cameTooLate(requests, enrichment, written)) return ENDED;
  const lost = keys.filter((verdict) => LOST.has(verdict.state));
  if (lost.length > 0 && lost.length === keys.length) {
    return { result: 'failed', reason: lost[0]?.state, message: lost[0]?.advice };
  }
  if (enrichment !== undefined) {
    const { result, reason, message } = enrichment;
    return { result, reason, message };
  }
  if (keys.length > 0) return { result: 'enriched' };
  return requests.some(({ kind }) => kind === 'set') ? NOBODY : { result: 'unchanged' };
}

const ENDED: Judgement = {
  result: 'skipped',
  reason: 'ended',
  message: 'the conversation has ended; nothing is written to it',
};

const NOBODY: Judgement = {
  result: 'skipped',
  reason: 'no-customer',
  message: 'the conversation has no customer to write to, and none was named',
};

/** Whether the conversation was over before anything that was asked for could be written. */
function cameTooLate(
  requests: OutcomeParts['requests'],
  enrichment: Enrichment | undefined,
  { platformRequests, keyVerdicts }: WritebackResult,
): boolean {
  if (platformRequests === 0) return true;
  const isForValues = requests.some(({ kind }) => kind === 'set' || kind === 'enrich');
  const isJudged = enrichment === undefined || keyVerdicts.length > 0;
  return isForValues && isJudged && keyVerdicts.every(({ state }) => state === 'ended');
}

/** The outcome of a conversation that cannot be worked on, without any write. */
export function toSkipped(
  parts: Omit<OutcomeParts, 'enrichment' | 'written'>,
  judgement: Judgement,
): OutcomeSummary {
  return { ...toOutcome({ ...parts, enrichment: undefined, written: undefined }), ...judgement };
}
