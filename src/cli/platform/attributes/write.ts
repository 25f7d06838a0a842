import { findParticipant } from '../../../domain/conversation.ts';
import { RapportError } from '../../../domain/errors.ts';
import type { ConversationId } from '../../../domain/ids.ts';
import type { KeyVerdict } from '../../../domain/outcome.ts';
import { createAnalytics } from '../../../engine/analytics.ts';
import { startInstance } from '../../../engine/instance.ts';
import { personsOf } from '../../../engine/turn/persons.ts';
import { auditKeys, toWrites } from '../../../engine/turn/settlement.ts';
import type { Ledger } from '../../../ledger/ledger.ts';
import type { Claim } from '../../../ledger/turn.ts';
import { sleep, systemClock } from '../../../lib/clock.ts';
import { silentLog } from '../../../lib/log.ts';
import { createClientPort } from '../../../writeback/client-port.ts';
import { createDigester } from '../../../writeback/proof/digest.ts';
import type {
  WritebackDeps,
  WritebackInput,
  WritebackResult,
} from '../../../writeback/turn/input.ts';
import { writeTurn } from '../../../writeback/turn/write-turn.ts';
import { createValueMemory } from '../../../writeback/value-memory.ts';
import { parseAnswer } from '../../enrich/through-service.ts';
import { changeLedger, isLedgerAtHand, type ServiceDoor } from '../../ledger/ledger-access.ts';
import type { Session } from '../session.ts';
import { customerIn } from '../../../library/participants.ts';

/** What is to be written, to a conversation that was read just now. */
export type WriteOrder = Required<
  Pick<WritebackInput, 'conversationId' | 'seen' | 'customerId' | 'targets'>
>;

export type Written = Pick<WritebackResult, 'keyVerdicts'> &
  Partial<Pick<WritebackResult, 'platformRequests' | 'proofRequests' | 'ended'>>;

/** Who did it, in the audit. */
const ACTOR = 'command line';
/** How long the command itself waits for the proof, in milliseconds. */
const PROVE_MS = 15_000;
/** How long it waits for a conversation that a service works on, and how often it looks. */
const HOLD = { forMs: 15_000, everyMs: 250 };

/**
 * Writes by the configured profile and waits for the proof. Where a ledger is at hand the write goes
 * on its record: the audit has it, and services know it for our own. Without one, who asks is there
 * to hear.
 */
export async function write(order: WriteOrder, session: Session): Promise<Written> {
  const { config, call, newId } = session;
  if (!isLedgerAtHand(config)) {
    return writeTurn(inputOf(order, session), {
      ...depsOf(session),
      now: () => systemClock.wallMs(),
      digest: createDigester(newId()),
      signal: call.signal,
      assertHeld: () => call.signal.throwIfAborted(),
    });
  }
  return changeLedger<Written>(config, {
    direct: (ledger) => writeOnRecord(order, session, ledger),
    throughService: (service) => askService(order, session, service),
  });
}

async function writeOnRecord(
  order: WriteOrder,
  session: Session,
  ledger: Ledger,
): Promise<WritebackResult> {
  const { config, call } = session;
  await using instance = await startInstance({ ledger, clock: systemClock, log: silentLog });
  const claim = await hold(ledger, order.conversationId, call.signal);
  const lease = instance.lease();
  const deps = depsOf(session);
  try {
    const { lookFirst, earlierTurnAt } = claim;
    const input: WritebackInput = {
      ...inputOf(order, session),
      entries: claim.entries,
      lookFirst: lookFirst ? { earlierTurnAt } : undefined,
    };
    const result = await writeTurn(input, {
      ...deps,
      now: () => ledger.now(),
      digest: createDigester(ledger.installationKey),
      signal: AbortSignal.any([call.signal, lease.signal]),
      assertHeld: () => {
        call.signal.throwIfAborted();
        if (lease.remainingMs() === 0) throw leaseLost(order.conversationId);
      },
    });
    const toOutbox = createAnalytics(config.analytics, deps.values);
    await settle({ order, result, claim, ledger, toOutbox, traceId: call.traceId });
    return result;
  } catch (error) {
    // What went wrong is told; a claim that cannot be handed back ends with this process's lease.
    await ledger.handBack(claim, 'the command line did not finish').catch(() => undefined);
    throw error;
  }
}

async function settle(parts: {
  readonly order: WriteOrder;
  readonly result: WritebackResult;
  readonly claim: Claim;
  readonly ledger: Ledger;
  readonly toOutbox: ReturnType<typeof createAnalytics>;
  readonly traceId: Session['call']['traceId'];
}): Promise<void> {
  const { order, result, claim, ledger, toOutbox, traceId } = parts;
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
    audit: [
      { actor: ACTOR, action: 'set', keys, traceId, correlationIds },
      ...(writes.audit ?? []),
    ],
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
  signal: AbortSignal,
): Promise<Claim> {
  const endMs = systemClock.monotonicMs() + HOLD.forMs;
  for (;;) {
    const claim = await ledger.hold(conversationId);
    if (claim !== undefined) return claim;
    if (systemClock.monotonicMs() >= endMs) throw busy(conversationId);
    await sleep(systemClock, HOLD.everyMs, signal);
  }
}

/** The service that holds the ledger writes and proves, and knows its own write. */
async function askService(
  { conversationId, targets }: WriteOrder,
  { config }: Session,
  service: ServiceDoor,
): Promise<Written> {
  const keyVerdicts: KeyVerdict[] = [];
  for (const { participantId, wanted } of targets) {
    const changes = [...wanted].filter(
      ([, { value }]) => value !== null || config.write.onRemove !== 'leave',
    );
    const attributes = Object.fromEntries(changes.map(([key, { value }]) => [key, value ?? '']));
    const path = `/v1/conversations/${conversationId}/attributes?wait=visible&timeoutMs=${PROVE_MS}`;
    const { outcome } = parseAnswer(await service.patch(path, { participantId, attributes }));
    if (outcome === undefined) throw unproven(conversationId);
    const isOurs = (key: KeyVerdict): boolean =>
      key.participantId === participantId && Object.hasOwn(attributes, key.key);
    keyVerdicts.push(...outcome.keys.filter(isOurs));
  }
  return { keyVerdicts };
}

function inputOf(order: WriteOrder, { call }: Session): WritebackInput {
  return {
    ...order,
    asked: true,
    entries: [],
    turn: call.traceId,
    lane: call.lane,
    covered: false,
  };
}

type Common = Omit<WritebackDeps, 'now' | 'digest' | 'signal' | 'assertHeld'>;

function depsOf({ client, call, config }: Session): Common {
  return {
    port: createClientPort({ client, traceId: call.traceId }),
    config: { ...config.write, waitMs: PROVE_MS },
    clock: systemClock,
    values: createValueMemory(),
    random: Math.random,
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

function unproven(conversationId: ConversationId): RapportError {
  return new RapportError({
    code: 'ERR_NOT_PROVEN',
    message: `the service has taken the attributes for ${conversationId}; no outcome came in time`,
    nextStep: 'See with rapport verify what stands there.',
  });
}
