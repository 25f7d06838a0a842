import { describe, expect, it } from 'vitest';
import { aPlan } from '../../../test/fixtures/enrichment.ts';
import { parseTraceId, type EnrichmentId } from '../../domain/ids.ts';
import type { Claim } from '../../ledger/turn.ts';
import { CONVERSATION, CUSTOMER } from '../../writeback/turn/fake-platform.fixture.ts';
import { Rig } from '../../writeback/turn/rig.fixture.ts';
import { LiveTurns } from '../live-turns.ts';
import type { TurnResult } from '../run-turn.ts';
import { createTurn } from './create-turn.ts';

/** A turn that is to set `crm.tier` to gold, with a snapshot in which it is gold. */
async function setGold(rig: Rig, more: Partial<Claim> & { readonly waitedMs: number }) {
  rig.platform.set(CUSTOMER, 'crm.tier', 'gold');
  const conversation = rig.platform.conversation();
  const receivedAt = rig.clock.wallMs();
  await rig.clock.advance(more.waitedMs);
  const run = createTurn({
    enrich: () => ({
      plan: aPlan(),
      clock: rig.clock,
      lookup: () => Promise.reject(new Error('nothing is looked up')),
      loadPhones: () => Promise.reject(new Error('nothing is looked up')),
    }),
    writeback: rig.deps(),
    portOf: () => rig.platform,
    spareRead: () => undefined,
    isCovered: () => true,
    toOutbox: () => [],
    live: new LiveTurns(),
    newTraceId: () => parseTraceId('trace-2'),
  });
  const claim: Claim = {
    conversationId: CONVERSATION,
    fence: 1,
    arrivals: 1,
    attempts: 1,
    lane: 'live',
    participantId: undefined,
    media: undefined,
    firstSeenAt: receivedAt,
    endedAt: undefined,
    claimedAt: rig.clock.wallMs(),
    reason: undefined,
    tookOver: false,
    lookFirst: false,
    earlierTurnAt: undefined,
    entries: [],
    requests: [
      {
        id: 'request-1' as EnrichmentId,
        conversationId: CONVERSATION,
        kind: 'set',
        lane: 'live',
        dedupeKey: 'request-1',
        traceId: parseTraceId('trace-1'),
        body: { conversation, attributes: new Map([['crm.tier', 'gold']]) },
        arrival: 1,
        receivedAt,
      },
    ],
    ...more,
  };
  const { signal } = new AbortController();
  const lease = { signal, remainingMs: () => Number.POSITIVE_INFINITY };
  let result: TurnResult | undefined;
  const work = run(claim, { signal, lease, grant: { release: () => undefined } });
  void work.then((settled) => (result = settled));
  await rig.clock.advance(1000);
  return result?.kind === 'settle' ? result.settlement : undefined;
}

describe('createTurn', () => {
  it('spares a write where the snapshot of the request shows the value, while that is fresh', async () => {
    const rig = new Rig();
    const settlement = await setGold(rig, { waitedMs: 100 });
    expect(settlement?.entries?.map(({ state }) => state)).toEqual(['visible']);
    expect(rig.platform.log).toEqual([]);
  });

  it('takes nothing for there that only the snapshot of a request shows which had to wait', async () => {
    const rig = new Rig();
    const settlement = await setGold(rig, { waitedMs: 5000 });
    expect(settlement?.entries?.map(({ state }) => state)).toEqual(['accepted']);
    expect(rig.platform.log).toEqual(['patchAttributes live']);
  });

  it('asks the platform for nothing when the end was heard while the request waited', async () => {
    const rig = new Rig();
    const settlement = await setGold(rig, { waitedMs: 5000, endedAt: rig.clock.wallMs() });
    expect(settlement?.outcome).toMatchObject({ result: 'skipped', reason: 'ended' });
    expect([settlement?.closed, rig.platform.log]).toEqual([true, []]);
  });
});
