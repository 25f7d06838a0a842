import type { MediaType } from '../../domain/conversation.ts';
import type { ParticipantId, TraceId } from '../../domain/ids.ts';
import type { OutcomeSummary } from '../../domain/outcome.ts';
import type {
  AuditDraft,
  Claim,
  FeedDraft,
  PersonKey,
  Settlement,
  TurnWrites,
} from '../../ledger/turn.ts';
import type { Effects } from '../../writeback/turn/effects.ts';

export interface SettlementParts {
  readonly claim: Claim;
  readonly outcome: OutcomeSummary;
  readonly written: Effects & { readonly ended: boolean };
  readonly persons: readonly PersonKey[];
  readonly participantId: ParticipantId | undefined;
  readonly media: MediaType | undefined;
  readonly traceId: TraceId;
  /** Epoch milliseconds of the store's clock. */
  readonly now: number;
}

/** Everything that a turn leaves behind, for the ledger's one transaction. */
export function toSettlement(parts: SettlementParts): Settlement {
  const { claim, outcome, written, participantId, media, traceId } = parts;
  const isAnswer = claim.requests.length > 0;
  const writes = toWrites(written, traceId);
  return {
    ...writes,
    ...(isAnswer ? { outcome } : {}),
    audit: [...(isAnswer ? [outcomeAudit(claim, outcome)] : []), ...(writes.audit ?? [])],
    feed: [...(isAnswer ? [outcomeFeed(outcome)] : []), ...(writes.feed ?? [])],
    persons: parts.persons,
    nextDueAt: written.nextDueAt,
    participantId,
    media,
    endedAt: written.ended ? (claim.endedAt ?? parts.now) : undefined,
    closed: written.ended && written.nextDueAt === undefined,
  };
}

/** What stepping entries came to, as the ledger's rows: alike for a turn and an observation. */
export function toWrites(effects: Effects, traceId: TraceId | undefined): TurnWrites {
  const audit: AuditDraft[] = effects.audit.map(({ action, participantId, key, digest }) => ({
    actor: 'rapport',
    action,
    keys: [{ participantId, key, digest }],
    traceId,
  }));
  const feed: FeedDraft[] = [
    ...effects.feed.map(({ kind, ...body }) => ({ kind, body })),
    ...effects.alerts.map((alert) => ({ kind: 'alert', body: alert })),
  ];
  return { entries: effects.changed, audit, feed };
}

function outcomeAudit(claim: Claim, outcome: OutcomeSummary): AuditDraft {
  return {
    actor: 'rapport',
    action: outcome.result,
    keys: outcome.keys.map(({ participantId, key }) => ({ participantId, key })),
    requestId: claim.requests[0]?.id,
    traceId: outcome.traceId,
  };
}

function outcomeFeed(outcome: OutcomeSummary): FeedDraft {
  const { result, reason, traceId, participantId, keys } = outcome;
  return {
    kind: 'outcome',
    body: {
      result,
      reason,
      traceId,
      participantId,
      keys: keys.map(({ key, state }) => ({ key, state })),
    },
  };
}
