import type { RunTurn } from '../../../src/engine/run-turn.ts';
import type { TraceId } from '../../../src/domain/ids.ts';
import type { Claim, Settlement } from '../../../src/ledger/turn.ts';
import type { FinalState } from '../final-state.ts';
import { KEY, type StubPlatform } from './stub-platform.ts';

export interface TurnHooks {
  began(claim: Claim): void;
  /** Right before the write leaves, after the lease was checked. */
  beforeWrite(claim: Claim): void;
  afterWrite(claim: Claim): void;
}

/** How long the write of a holder that disappeared may still be on its way, in milliseconds. */
const SETTLE_MS = 150;

/** What a turn that has seen so many arrivals wants the platform to hold. */
export const valueFor = (arrivals: number): string => `after ${arrivals} requests`;

/**
 * A turn as the real one is, with everything but its bones left out: it looks before it writes when
 * somebody may have been there before, asks its lease right before it sends, and settles with one
 * row of each kind. It is there for the ledger's own crash points, of which it passes hundreds a second.
 */
export function stubTurn(
  platform: StubPlatform,
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
      hooks.beforeWrite(claim);
      await platform.write(claim.conversationId, value);
      hooks.afterWrite(claim);
    }
    return { kind: 'settle', settlement: settlementOf(claim) };
  };
}

export function settlementOf(claim: Claim): Settlement {
  const { conversationId, requests } = claim;
  const traceId = requests[0]?.traceId ?? ('none' as TraceId);
  return {
    outcome: {
      conversationId,
      enrichmentIds: requests.map((request) => request.id),
      traceId,
      result: 'enriched',
      sources: [],
      keys: [],
      dropped: [],
      platformRequests: 1,
      proofRequests: 0,
      stages: {},
    },
    audit: [
      { actor: 'rapport', action: 'enriched', keys: [], traceId, requestId: requests[0]?.id },
    ],
    outbox: [{ destination: 'bi', type: 'enriched', body: {}, traceId }],
    feed: [{ kind: 'enriched', body: {} }],
  };
}

/** What the stub promises beyond the ledger: a message of each outcome, and the last value in its place. */
export function checkStubTurns(
  state: FinalState,
  attributesOf: (conversationId: string) => Readonly<Record<string, string>>,
): string[] {
  return [...everyOutcomeIsTold(state), ...thePlatformHoldsTheLastValue(state, attributesOf)];
}

function everyOutcomeIsTold({ outcomes, messages }: FinalState): string[] {
  const counts = new Map<string, number>();
  for (const { traceId = '' } of messages) counts.set(traceId, (counts.get(traceId) ?? 0) + 1);
  return outcomes.flatMap(({ conversationId, fence, traceId }) => {
    const count = counts.get(traceId) ?? 0;
    return count === 1 ? [] : [`${conversationId} fence ${fence} has ${count} outbox messages`];
  });
}

function thePlatformHoldsTheLastValue(
  state: FinalState,
  attributesOf: (conversationId: string) => Readonly<Record<string, string>>,
): string[] {
  const last = new Map<string, number>();
  for (const { conversationId, arrival } of state.requests) {
    last.set(conversationId, Math.max(arrival, last.get(conversationId) ?? 0));
  }
  return [...last].flatMap(([id, arrivals]) => {
    const value = attributesOf(id)[KEY];
    return value === valueFor(arrivals)
      ? []
      : [`${id} holds '${value}' after ${arrivals} requests`];
  });
}
