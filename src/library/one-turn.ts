import { parseEnrichmentId, parseTraceId, type ConversationId } from '../domain/ids.ts';
import { RapportError } from '../domain/errors.ts';
import type { OutcomeSummary } from '../domain/outcome.ts';
import { endlessLease } from '../engine/lease.ts';
import { LiveTurns } from '../engine/live-turns.ts';
import type { TurnResult } from '../engine/run-turn.ts';
import { createTurn } from '../engine/turn/create-turn.ts';
import type { Grant } from '../engine/work-gate.ts';
import type { Permit } from '../genesys/budget/budget.ts';
import type { Claim } from '../ledger/turn.ts';
import { createClientPort } from '../writeback/client-port.ts';
import { toRequestBody, type EnrichCall } from './enrich-call.ts';
import { writebackOf, type Tools } from './tools.ts';

/** A turn that must read before it writes needs two requests; what it does not need it gives back. */
const REQUESTS_PER_TURN = 2;

interface PermitGrant extends Grant {
  readonly permit: Permit;
}

/** The service's turn on a conversation of which nothing is recorded. */
export async function runOneTurn(
  tools: Tools,
  conversationId: ConversationId,
  call: EnrichCall,
): Promise<OutcomeSummary> {
  const { client, newId } = tools;
  const { signal = new AbortController().signal } = call;
  const turn = createTurn<PermitGrant>({
    enrich: () => tools.enrichDeps,
    writeback: writebackOf(tools),
    portOf: ({ permit }, traceId) => createClientPort({ client, traceId, permit }),
    spareRead: ({ permit }) => permit.shrink(1),
    isCovered: () => false,
    toOutbox: () => [],
    live: new LiveTurns(),
    newTraceId: () => parseTraceId(newId()),
  });
  using permit = await client.budget.whenRoom('manual', { cost: REQUESTS_PER_TURN, signal });
  const grant = { permit, release: () => permit.release() };
  return outcomeOf(
    await turn(claimOf(tools, conversationId, call), { signal, lease: endlessLease, grant }),
  );
}

/** What a ledger would say of the first request for a conversation. */
function claimOf({ clock, newId }: Tools, conversationId: ConversationId, call: EnrichCall): Claim {
  const now = clock.wallMs();
  const id = parseEnrichmentId(newId());
  const body = toRequestBody(call);
  const request = { id, conversationId, kind: 'enrich', lane: 'manual', dedupeKey: id } as const;
  const traceId = parseTraceId(newId());
  return {
    conversationId,
    fence: 1,
    arrivals: 1,
    attempts: 1,
    lane: 'manual',
    participantId: undefined,
    media: undefined,
    firstSeenAt: now,
    endedAt: undefined,
    claimedAt: now,
    reason: undefined,
    tookOver: false,
    lookFirst: false,
    earlierTurnAt: undefined,
    requests: [{ ...request, traceId, body, arrival: 1, receivedAt: now }],
    entries: [],
  };
}

function outcomeOf(result: TurnResult): OutcomeSummary {
  const outcome =
    result.kind === 'settle'
      ? result.settlement.outcome
      : result.kind === 'hand-back'
        ? undefined
        : result.failure.outcome;
  if (outcome !== undefined) return outcome;
  throw new RapportError({
    code: 'ERR_OUTCOME_MISSING',
    message: `the turn ended as ${result.kind} without an outcome`,
    nextStep: 'This is a defect in Rapport; please report it.',
  });
}
