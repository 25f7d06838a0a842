import type { AttributeEntry } from '../../domain/attribute-entry.ts';
import type { MediaType } from '../../domain/conversation.ts';
import type { ParticipantId, TraceId } from '../../domain/ids.ts';
import type { KeyVerdict, OutcomeSummary } from '../../domain/outcome.ts';
import type {
  AuditDraft,
  AuditKey,
  Claim,
  FeedDraft,
  PersonKey,
  Settlement,
  TurnWrites,
} from '../../ledger/turn.ts';
import type { News, ToOutbox } from '../analytics.ts';
import type { Effects } from '../../writeback/turn/effects.ts';

export interface SettlementParts {
  readonly claim: Claim;
  readonly outcome: OutcomeSummary;
  readonly written: Effects & { readonly ended: boolean };
  readonly persons: readonly PersonKey[];
  readonly participantId: ParticipantId | undefined;
  readonly media: MediaType | undefined;
  readonly traceId: TraceId;
  /** The platform's ids of the turn's requests. */
  readonly correlationIds: readonly string[];
  readonly toOutbox: ToOutbox;
  /** Epoch milliseconds of the store's clock. */
  readonly now: number;
}

/** Everything that a turn leaves behind, for the ledger's one transaction. */
export function toSettlement(parts: SettlementParts): Settlement {
  const { claim, outcome, written, participantId, media, traceId, correlationIds } = parts;
  const isAnswer = claim.requests.length > 0;
  const failed = isAnswer && outcome.result === 'failed' && written.messages.length === 0;
  const writes = toWrites(written, {
    traceId,
    correlationIds,
    toOutbox: parts.toOutbox,
    conversationId: claim.conversationId,
    failed: failed ? { traceId } : undefined,
    at: parts.now,
  });
  return {
    ...writes,
    ...(isAnswer ? { outcome } : {}),
    audit: [...(isAnswer ? [outcomeAudit(parts)] : []), ...(writes.audit ?? [])],
    feed: [...(isAnswer ? [outcomeFeed(outcome)] : []), ...(writes.feed ?? [])],
    persons: parts.persons,
    nextDueAt: written.nextDueAt,
    participantId,
    media,
    endedAt: written.ended ? (claim.endedAt ?? parts.now) : undefined,
    closed: written.ended && written.nextDueAt === undefined,
  };
}

export interface WriteParts extends Pick<News, 'conversationId' | 'failed' | 'at'> {
  readonly traceId: TraceId | undefined;
  /** The platform's ids of the requests behind it; an observation took none. */
  readonly correlationIds?: readonly string[] | undefined;
  readonly toOutbox: ToOutbox;
}

/** What stepping entries came to, as the ledger's rows: alike for a turn and an observation. */
export function toWrites(effects: Effects, parts: WriteParts): TurnWrites {
  const { traceId, correlationIds, toOutbox, ...news } = parts;
  const audit: AuditDraft[] = effects.audit.map(({ action, participantId, key, digest }) => ({
    actor: 'rapport',
    action,
    keys: [{ participantId, key, digest }],
    traceId,
    correlationIds,
  }));
  const feed: FeedDraft[] = [
    ...effects.feed.map(({ kind, ...body }) => ({ kind, body })),
    ...effects.alerts.map((alert) => ({ kind: 'alert', body: alert })),
  ];
  const { messages, entries } = effects;
  return {
    entries: effects.changed,
    audit,
    feed,
    outbox: toOutbox({ ...news, messages, entries }),
  };
}

function outcomeAudit(parts: SettlementParts): AuditDraft {
  const { claim, outcome, correlationIds, now } = parts;
  const received = claim.requests.map(({ receivedAt }) => receivedAt);
  return {
    actor:
      claim.requests.findLast(({ body }) => body.askedBy !== undefined)?.body.askedBy ?? 'rapport',
    action: outcome.result,
    keys: auditKeys(outcome.keys, parts.written.entries),
    requestId: claim.requests[0]?.id,
    traceId: outcome.traceId,
    correlationIds,
    enrichment: {
      success: outcome.result !== 'failed',
      error: outcome.reason,
      latencyMs: received.length === 0 ? undefined : Math.max(0, now - Math.min(...received)),
      payloadHash: outcome.payloadHash,
    },
  };
}

/** Each key with the digest of what was wanted there. */
export function auditKeys(
  keys: readonly KeyVerdict[],
  entries: readonly AttributeEntry[],
): readonly AuditKey[] {
  return keys.map(({ participantId, key }) => {
    const entry = entries.find((one) => one.participantId === participantId && one.key === key);
    return { participantId, key, digest: entry?.wanted };
  });
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
