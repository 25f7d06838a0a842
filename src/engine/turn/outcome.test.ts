import { describe, expect, it } from 'vitest';
import type { ConversationId, ParticipantId, TraceId } from '../../domain/ids.ts';
import type { KeyVerdict } from '../../domain/outcome.ts';
import type { RequestKind } from '../../domain/request.ts';
import { aRequest } from '../../ledger/ledger.fixture.ts';
import type { WritebackResult } from '../../writeback/turn/input.ts';
import { toOutcome } from './outcome.ts';

const verdict = (state: KeyVerdict['state']): KeyVerdict => ({
  participantId: 'p1' as ParticipantId,
  key: 'crm.tier',
  state,
  class: 'public',
});

/** What a turn for one request without enrichment comes to. */
function outcomeOf(kind: RequestKind, written: Partial<WritebackResult>) {
  const { result, reason } = toOutcome({
    conversationId: 'c1' as ConversationId,
    traceId: 't1' as TraceId,
    requests: [{ ...aRequest({ kind }), arrival: 1, receivedAt: 1 }],
    enrichment: undefined,
    written: {
      entries: [],
      changed: [],
      feed: [],
      messages: [],
      audit: [],
      alerts: [],
      nextDueAt: undefined,
      keyVerdicts: [],
      needsValues: [],
      ended: false,
      conversation: undefined,
      platformRequests: 1,
      proofRequests: 0,
      correlationIds: [],
      ...written,
    },
    reads: 0,
    stages: {},
  });
  return { result, reason };
}

describe('toOutcome', () => {
  it('says that values came too late for a conversation that has ended, whatever else it wrote there', () => {
    const tooLate = { result: 'skipped', reason: 'ended' };
    expect(outcomeOf('set', { ended: true })).toEqual(tooLate);
    expect(outcomeOf('enrich', { ended: true })).toEqual(tooLate);
    expect(outcomeOf('set', { ended: true, keyVerdicts: [verdict('ended')] })).toEqual(tooLate);
    expect(outcomeOf('set', { ended: true, platformRequests: 0 })).toEqual(tooLate);
  });

  it('tells what was written before the conversation ended, and that it was wiped', () => {
    const keyVerdicts = [verdict('accepted')];
    expect(outcomeOf('set', { ended: true, keyVerdicts })).toMatchObject({ result: 'enriched' });
    expect(outcomeOf('wipe', { ended: true })).toMatchObject({ result: 'unchanged' });
  });

  it('says that there was nobody to write a value to', () => {
    expect(outcomeOf('set', {})).toEqual({ result: 'skipped', reason: 'no-customer' });
  });
});
