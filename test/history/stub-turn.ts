import type { RunTurn } from '../../src/engine/run-turn.ts';
import type { TraceId } from '../../src/domain/ids.ts';
import type { Claim, Settlement } from '../../src/ledger/turn.ts';
import { valueFor } from './history.ts';

/** What the turn under test does with the outer world. */
export interface Platform {
  read(conversationId: string): Promise<string | undefined>;
  write(claim: Claim, value: string): Promise<void>;
}

export interface TurnHooks {
  began(claim: Claim): void;
  /** Right before the write leaves, after the lease was checked. */
  beforeWrite(): void;
  afterWrite(): void;
}

/** How long the write of a holder that disappeared may still be on its way, in milliseconds. */
const SETTLE_MS = 150;

/**
 * A turn as the real one is, with everything but its bones left out: it looks before it writes when
 * somebody may have been there before, asks its lease right before it sends, and settles with one
 * row of each kind.
 */
export function stubTurn(
  platform: Platform,
  hooks: TurnHooks,
  wait: (ms: number) => Promise<void>,
): RunTurn {
  return async (claim, { signal, lease }) => {
    hooks.began(claim);
    const value = valueFor(claim.arrivals);
    if (claim.tookOver) await wait(SETTLE_MS);
    const there = claim.lookFirst ? await platform.read(claim.conversationId) : undefined;
    if (there !== value) {
      signal.throwIfAborted();
      if (lease.remainingMs() <= 0) throw new Error('the lease is gone');
      hooks.beforeWrite();
      await platform.write(claim, value);
      hooks.afterWrite();
    }
    return { kind: 'settle', settlement: settlementOf(claim) };
  };
}

export function settlementOf(claim: Claim): Settlement {
  const { conversationId, fence, requests } = claim;
  return {
    outcome: {
      conversationId,
      enrichmentIds: requests.map((request) => request.id),
      traceId: requests[0]?.traceId ?? ('none' as TraceId),
      result: 'enriched',
      sources: [],
      keys: [],
      dropped: [],
      platformRequests: 1,
      proofRequests: 0,
      stages: {},
    },
    audit: [{ actor: 'rapport', action: `fence ${fence}`, keys: [] }],
    outbox: [{ destination: 'bi', type: `fence ${fence}`, body: {} }],
    feed: [{ kind: 'enriched', body: {} }],
  };
}
