import {
  parseEnrichmentId,
  parseTraceId,
  type ConversationId,
  type EnrichmentId,
  type TraceId,
} from '../domain/ids.ts';
import type { AttributeEntry } from '../domain/attribute-entry.ts';
import type { OutcomeSummary } from '../domain/outcome.ts';
import type { RequestBody } from '../domain/request.ts';
import type { LedgerReader } from '../ledger/ledger.ts';
import type { Budget } from '../genesys/budget/budget.ts';
import type { RapportConfig } from '../config/schema.ts';
import type { ServiceParts } from './app.ts';
import { startEngine } from './wiring/engine.ts';
import { openRooms } from './wiring/rooms.ts';

/** One conversation that a command wants enriched. */
export interface BatchOrder {
  readonly conversationId: ConversationId;
  readonly body: RequestBody;
  /** Orders with the same key are one, over restarts too. */
  readonly dedupeKey?: string | undefined;
}

export interface BatchReceipt {
  readonly id: EnrichmentId;
  readonly conversationId: ConversationId;
  readonly traceId: TraceId;
  /** Set when there is nothing new to do: an earlier run has taken it, or it is known to be over. */
  readonly before: TakenBefore | undefined;
}

/** What the ledger knows of an order that was taken before. */
export interface TakenBefore {
  readonly traceId: TraceId;
  /** Epoch milliseconds. */
  readonly receivedAt: number;
  /** Undefined: it has none yet, and this run goes on with it. */
  readonly outcome: OutcomeSummary | undefined;
  /** When it came to that, in epoch milliseconds. */
  readonly settledAt: number | undefined;
  readonly entries: readonly AttributeEntry[];
}

/** The engine without inlets: works on what it is given, through the same ledger as the service. */
export interface Batch extends AsyncDisposable {
  /** Resolves once every order is durable. */
  accept(orders: readonly BatchOrder[]): Promise<readonly BatchReceipt[]>;
  readonly budget: Budget;
  /**
   * Whether services may work on the same ledger: what they do of an order, and what they see of its
   * keys, is told to no `onProgress` here.
   */
  readonly isShared: boolean;
  /** What the ledger knows of an order by now. */
  recall(order: Pick<BatchReceipt, 'id' | 'conversationId'>): Promise<TakenBefore | undefined>;
  /** Waits until the webhooks are sent, for so long; false when some are left for a later run. */
  drain(timeoutMs: number): Promise<boolean>;
}

async function recall(
  ledger: LedgerReader,
  { id, conversationId }: Pick<BatchReceipt, 'id' | 'conversationId'>,
): Promise<TakenBefore | undefined> {
  const [request, known] = await Promise.all([ledger.request(id), ledger.find(conversationId)]);
  if (request === undefined) return undefined;
  const { traceId, receivedAt, outcome } = request;
  const entries = known?.entries ?? [];
  return { traceId, receivedAt, outcome: outcome?.summary, settledAt: outcome?.at, entries };
}

export interface BatchParts extends ServiceParts {
  /** Stops waiting for what is still to be sent. */
  readonly signal: AbortSignal;
}

/**
 * Starts the engine on the ledger that the configuration names. What an earlier run left open is
 * taken up as well.
 *
 * @throws {RapportError} `ERR_LEDGER_LOCKED` while a service holds the ledger
 */
export async function startBatch(config: RapportConfig, parts: BatchParts): Promise<Batch> {
  await using stack = new AsyncDisposableStack();
  const rooms = await openRooms(config, parts, stack);
  // Nothing is listened to, so proof has to read.
  const { acceptor, delivery } = await startEngine(config, parts, {
    ...rooms,
    stack,
    isCovered: () => false,
  });
  const started = stack.move();
  return {
    budget: rooms.client.budget,
    isShared: rooms.ledger.leases === 'beaten',
    recall: (order) => recall(rooms.ledger, order),
    drain: (timeoutMs) => delivery.drain({ timeoutMs, signal: parts.signal }),
    async accept(orders) {
      const requests = orders.map(({ conversationId, body, dedupeKey }) => {
        const id = parseEnrichmentId(rooms.newId());
        return {
          id,
          conversationId,
          kind: 'enrich' as const,
          lane: 'manual' as const,
          dedupeKey: dedupeKey ?? id,
          traceId: parseTraceId(rooms.newId()),
          body,
        };
      });
      const accepted = await acceptor.accept(requests);
      return Promise.all(
        requests.map(async ({ id, conversationId, traceId }, index) => {
          const acceptance = accepted[index];
          const isOld = acceptance?.duplicate === true || acceptance?.skipped !== undefined;
          const before = isOld ? await recall(rooms.ledger, acceptance) : undefined;
          return { id: acceptance?.id ?? id, conversationId, traceId, before };
        }),
      );
    },
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}
