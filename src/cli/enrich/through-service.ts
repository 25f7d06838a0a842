import type { RapportConfig } from '../../config/schema.ts';
import type { OutcomeSummary } from '../../domain/outcome.ts';
import { systemClock } from '../../lib/clock.ts';
import { ServiceClient } from '../ledger/service-client.ts';
import type { Orders } from './orders.ts';
import type { Results, ServiceAnswer } from './results.ts';

export interface ServiceJob {
  readonly config: RapportConfig;
  readonly orders: Orders;
  /** Name of the run: the service does nothing again that it has done for it. */
  readonly run: string | undefined;
  readonly results: Results;
  /** Ends the asking; what was asked for is answered still. */
  readonly signal: AbortSignal;
}

/** How many conversations the service is asked for at a time. */
const PARALLEL = 8;
/** How long it may take the service to have every key proved, in milliseconds. */
const WAIT_MS = 30_000;
/** How much longer its answer may take, in milliseconds. */
const ANSWER_MS = 10_000;

/** Asks the running service, which holds the ledger, for each conversation, and waits for its outcome. */
export async function enrichThroughService(job: ServiceJob): Promise<void> {
  const service = new ServiceClient(job.config);
  const waiting = [...job.orders.ids];
  const next = async (): Promise<void> => {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      if (job.signal.aborted) return;
      const { externalId, participantId } = job.orders.body;
      const path = `/v1/conversations/${id}/enrich?wait=visible&timeoutMs=${WAIT_MS}`;
      const startedMs = systemClock.monotonicMs();
      const answer = await service.post(
        path,
        { externalId, participantId },
        {
          idempotencyKey: job.run === undefined ? undefined : encodeURIComponent(job.run),
          answerMs: WAIT_MS + ANSWER_MS,
        },
      );
      const latencyMs = systemClock.monotonicMs() - startedMs;
      job.results.takeAnswer(id, { ...parseAnswer(answer), latencyMs });
    }
  };
  const workers = Array.from({ length: Math.min(PARALLEL, waiting.length) }, next);
  const ended = await Promise.allSettled(workers);
  for (const end of ended) if (end.status === 'rejected') throw end.reason;
}

/** The service is of this package: its outcome has the form that the ledger keeps. */
export function parseAnswer(value: unknown): Omit<ServiceAnswer, 'latencyMs'> {
  const fields = typeof value === 'object' && value !== null ? value : {};
  const traceId =
    'traceId' in fields && typeof fields.traceId === 'string' ? fields.traceId : undefined;
  const outcome = 'outcome' in fields ? fields.outcome : undefined;
  const isOutcome = typeof outcome === 'object' && outcome !== null && 'keys' in outcome;
  return { traceId, outcome: isOutcome ? (outcome as OutcomeSummary) : undefined };
}
