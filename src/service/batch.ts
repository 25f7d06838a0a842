import {
  parseEnrichmentId,
  parseTraceId,
  type ConversationId,
  type TraceId,
} from '../domain/ids.ts';
import type { RequestBody } from '../domain/request.ts';
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
  readonly conversationId: ConversationId;
  readonly traceId: TraceId;
  /** An earlier run has taken it already. */
  readonly duplicate: boolean;
}

/** The engine without inlets: works on what it is given, through the same ledger as the service. */
export interface Batch extends AsyncDisposable {
  /** Resolves once every order is durable. */
  accept(orders: readonly BatchOrder[]): Promise<readonly BatchReceipt[]>;
  readonly budget: Budget;
  /** Waits until the webhooks are sent, for so long; false when some are left for a later run. */
  drain(timeoutMs: number): Promise<boolean>;
}

/**
 * Starts the engine on the ledger that the configuration names. What an earlier run left open is
 * taken up as well.
 *
 * @throws {RapportError} `ERR_LEDGER_LOCKED` while a service holds the ledger
 */
export async function startBatch(config: RapportConfig, parts: ServiceParts): Promise<Batch> {
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
      return accepted.flatMap(({ duplicate }, index) => {
        const request = requests[index];
        if (request === undefined) return [];
        return [{ conversationId: request.conversationId, traceId: request.traceId, duplicate }];
      });
    },
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}
