import { findParticipant } from '../domain/conversation.ts';
import type { RapportConfig } from '../config/schema.ts';
import { RapportError } from '../domain/errors.ts';
import type { ConversationId, TraceId } from '../domain/ids.ts';
import { createAnalytics } from '../engine/analytics.ts';
import { startInstance } from '../engine/instance.ts';
import { personsOf } from '../engine/turn/persons.ts';
import { auditKeys, toWrites } from '../engine/turn/settlement.ts';
import type { GenesysClient } from '../genesys/client.ts';
import { customerIn } from '../library/participants.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Claim } from '../ledger/turn.ts';
import { sleep, type Clock } from '../lib/clock.ts';
import { silentLog } from '../lib/log.ts';
import { createClientPort } from '../writeback/client-port.ts';
import { createDigester } from '../writeback/proof/digest.ts';
import type { WritebackDeps, WritebackInput, WritebackResult } from '../writeback/turn/input.ts';
import { writeTurn } from '../writeback/turn/write-turn.ts';
import { createValueMemory } from '../writeback/value-memory.ts';

/** What is to be written, to a conversation that was read just now. */
export type WriteOrder = Required<
  Pick<WritebackInput, 'conversationId' | 'seen' | 'customerId' | 'targets'>
>;

export interface WriteParts {
  readonly config: RapportConfig;
  readonly client: GenesysClient;
  readonly clock: Clock;
  readonly random: () => number;
  readonly newId: () => string;
  readonly signal: AbortSignal;
  readonly traceId: TraceId;
  /** Who did it, in the audit. */
  readonly actor: string;
}

/** How long the write itself waits for its proof, in milliseconds. */
export const PROVE_MS = 15_000;
/** How long it waits for a conversation that a service works on, and how often it looks. */
const HOLD = { forMs: 15_000, everyMs: 250 };

/** Writes by the configured profile and waits for the proof, with no ledger: who asks is there to hear. */
export function writeOffRecord(order: WriteOrder, parts: WriteParts): Promise<WritebackResult> {
  return writeTurn(inputOf(order, parts), {
    ...depsOf(parts),
    now: () => parts.clock.wallMs(),
    digest: createDigester(parts.newId()),
    signal: parts.signal,
    assertHeld: () => parts.signal.throwIfAborted(),
  });
}

/**
 * The same on the conversation's record: the audit has it, and services know it for our own.
 *
 * @throws {RapportError} `ERR_CONVERSATION_BUSY`, `ERR_LEASE_LOST`
 */
export async function writeOnRecord(
  order: WriteOrder,
  parts: WriteParts,
  ledger: Ledger,
): Promise<WritebackResult> {
  const { config, clock, signal } = parts;
  await using instance = await startInstance({ ledger, clock, log: silentLog });
  const claim = await hold(ledger, order.conversationId, parts);
  const lease = instance.lease();
  const deps = depsOf(parts);
  try {
    const { lookFirst, earlierTurnAt } = claim;
    const input: WritebackInput = {
      ...inputOf(order, parts),
      entries: claim.entries,
      lookFirst: lookFirst ? { earlierTurnAt } : undefined,
    };
    const result = await writeTurn(input, {
      ...deps,
      now: () => ledger.now(),
      digest: createDigester(ledger.installationKey),
      signal: AbortSignal.any([signal, lease.signal]),
      assertHeld: () => {
        signal.throwIfAborted();
        if (lease.remainingMs() === 0) throw leaseLost(order.conversationId);
      },
    });
    const toOutbox = createAnalytics(config, deps.values);
    await settle({ order, result, claim, ledger, toOutbox, ...parts });
    return result;
  } catch (error) {
    // What went wrong is told; a claim that cannot be handed back ends with this process's lease.
    await ledger.handBack(claim, `${parts.actor} did not finish`).catch(() => undefined);
    throw error;
  }
}

interface Settling extends Pick<WriteParts, 'traceId' | 'actor'> {
  readonly order: WriteOrder;
  readonly result: WritebackResult;
  readonly claim: Claim;
  readonly ledger: Ledger;
  readonly toOutbox: ReturnType<typeof createAnalytics>;
}

async function settle(parts: Settling): Promise<void> {
  const { order, result, claim, ledger, toOutbox, traceId, actor } = parts;
  const { conversationId, seen, customerId } = order;
  const at = ledger.now();
  const customer =
    seen === undefined || customerId === undefined
      ? undefined
      : findParticipant(seen.conversation, customerId);
  // A service that runs, or starts later, looks up what only the sources know.
  const nextDueAt = result.needsValues.length > 0 ? at : result.nextDueAt;
  const { correlationIds } = result;
  const writes = toWrites(result, { traceId, correlationIds, toOutbox, conversationId, at });
  const keys = auditKeys(result.keyVerdicts, result.entries);
  const end = await ledger.settle(claim, {
    ...writes,
    audit: [{ actor, action: 'set', keys, traceId, correlationIds }, ...(writes.audit ?? [])],
    persons: personsOf({ enrichment: undefined, participant: customer, body: {} }),
    participantId: customerId,
    nextDueAt,
    endedAt: result.ended ? at : undefined,
    closed: result.ended && nextDueAt === undefined,
  });
  if (end === 'fenced') throw leaseLost(conversationId);
}

async function hold(
  ledger: Ledger,
  conversationId: ConversationId,
  { clock, signal }: WriteParts,
): Promise<Claim> {
  const endMs = clock.monotonicMs() + HOLD.forMs;
  for (;;) {
    const claim = await ledger.hold(conversationId);
    if (claim !== undefined) return claim;
    if (clock.monotonicMs() >= endMs) throw busy(conversationId);
    await sleep(clock, HOLD.everyMs, signal);
  }
}

function inputOf(order: WriteOrder, { traceId }: WriteParts): WritebackInput {
  return {
    ...order,
    asked: true,
    entries: [],
    turn: traceId,
    lane: 'manual',
    covered: false,
  };
}

type Common = Omit<WritebackDeps, 'now' | 'digest' | 'signal' | 'assertHeld'>;

function depsOf({ client, config, clock, random, traceId }: WriteParts): Common {
  return {
    port: createClientPort({ client, traceId }),
    config: { ...config.write, waitMs: PROVE_MS },
    clock,
    values: createValueMemory(),
    random,
    log: silentLog,
    resolve: customerIn,
  };
}

function busy(conversationId: ConversationId): RapportError {
  return new RapportError({
    code: 'ERR_CONVERSATION_BUSY',
    message: `conversation ${conversationId} has requests that wait for a turn, or one under way`,
    nextStep: 'Try again when they are done; if no service runs, rapport enrich works on them.',
    retryable: true,
  });
}

function leaseLost(conversationId: ConversationId): RapportError {
  return new RapportError({
    code: 'ERR_LEASE_LOST',
    message: `another instance has taken conversation ${conversationId} over; some keys may be written`,
    nextStep: 'See with rapport verify what stands there, then try again.',
  });
}
