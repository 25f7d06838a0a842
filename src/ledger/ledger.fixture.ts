import type { AttributeEntry } from '../domain/attribute-entry.ts';
import type { ConversationId, EnrichmentId, ParticipantId, TraceId } from '../domain/ids.ts';
import { NO_WORK, type OutcomeSummary } from '../domain/outcome.ts';
import type { EnrichmentRequest } from '../domain/request.ts';
import type { Clock } from '../lib/clock.ts';
import { createIdSource } from '../lib/ids.ts';
import type { Ledger } from './ledger.ts';
import { openLedger, type OpenLedgerOptions } from './open-ledger.ts';
import type { Claim, Settlement } from './turn.ts';

let last = 0;

export const conversationId = (name: string): ConversationId => name as ConversationId;

/** A ledger of its own, in memory. */
export function openInMemory(clock: Clock, more: Partial<OpenLedgerOptions> = {}): Promise<Ledger> {
  const newId = createIdSource(clock);
  return openLedger({ store: 'sqlite::memory:', clock, newId, random: () => 0, ...more });
}

/** What is due next. */
export async function claimOne(ledger: Ledger): Promise<Claim> {
  const [claim] = (await ledger.claim(1)).claims;
  if (claim === undefined) throw new Error('nothing is due');
  return claim;
}

/** A request of its own unless told otherwise. */
export function aRequest(parts: Partial<EnrichmentRequest> = {}): EnrichmentRequest {
  const id = (parts.id ?? `request-${++last}`) as EnrichmentId;
  return {
    id,
    conversationId: conversationId('c1'),
    kind: 'enrich',
    lane: 'live',
    dedupeKey: id,
    traceId: `trace-${id}` as TraceId,
    body: { phone: '+15551230001' },
    ...parts,
  };
}

export function anOutcome(claim: Claim, parts: Partial<OutcomeSummary> = {}): OutcomeSummary {
  return {
    conversationId: claim.conversationId,
    enrichmentIds: claim.requests.map((request) => request.id),
    traceId: claim.requests[0]?.traceId ?? ('trace' as TraceId),
    result: 'enriched',
    ...NO_WORK,
    platformRequests: 1,
    ...parts,
  };
}

export function anEntry(parts: Partial<AttributeEntry> = {}): AttributeEntry {
  return {
    conversationId: conversationId('c1'),
    participantId: 'p1' as ParticipantId,
    target: 'attributes',
    key: 'crm.tier',
    state: 'accepted',
    class: 'public',
    wipe: false,
    wanted: 'digest-1',
    base: undefined,
    seen: undefined,
    seenAt: undefined,
    own: ['digest-1'],
    writes: 1,
    rewrites: 0,
    sentAt: 1,
    acceptedAt: 2,
    provedAt: undefined,
    deadlineAt: undefined,
    note: {},
    ...parts,
  };
}

/** One request of a conversation of that name, settled with one audited key. */
export async function settleOne(
  ledger: Ledger,
  name: string,
  parts: Settlement = {},
): Promise<void> {
  await ledger.accept([aRequest({ conversationId: conversationId(name) })]);
  const { claims } = await ledger.claim(1);
  for (const claim of claims) {
    await ledger.settle(claim, {
      outcome: anOutcome(claim),
      audit: [{ actor: 'rapport', action: 'written', keys: [{ key: 'crm.tier', digest: name }] }],
      ...parts,
    });
  }
}
