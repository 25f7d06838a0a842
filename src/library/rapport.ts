import { planConfig } from '../config/plan-config.ts';
import type { RapportConfig } from '../config/schema.ts';
import { parseConversationId, type TraceId } from '../domain/ids.ts';
import type { KeyVerdict, OutcomeSummary } from '../domain/outcome.ts';
import { createEnrichDeps } from '../enrich/enrich-deps.ts';
import type { EnrichmentReport } from '../enrich/report/report.ts';
import { createGenesysClient, type GenesysClient } from '../genesys/client.ts';
import type { RequestEvent } from '../genesys/request-meter.ts';
import { systemClock, type Clock } from '../lib/clock.ts';
import { createIdSource } from '../lib/ids.ts';
import { silentLog, type Log } from '../lib/log.ts';
import { createLookups } from '../lookup/lookups.ts';
import { createDigester } from '../writeback/proof/digest.ts';
import { createValueMemory } from '../writeback/value-memory.ts';
import type { EnrichCall } from './enrich-call.ts';
import { inspect } from './inspect.ts';
import { runOneTurn } from './one-turn.ts';
import type { Tools } from './tools.ts';
import { writeAttributes } from './write-attributes.ts';

export interface RapportOptions {
  /** As `loadConfig` reads it, or `configSchema` parses it. `store`, `listen` and `analytics` are the service's. */
  readonly config: RapportConfig;
  /** How long a call waits for the proof of what it wrote, in milliseconds; 0 to 60000, default 15000. */
  readonly waitMs?: number | undefined;
  readonly clock?: Clock | undefined;
  /** From 0 up to 1; for the jitter of retries. */
  readonly random?: (() => number) | undefined;
  readonly log?: Log | undefined;
  /** Called after each request to the platform. */
  readonly onRequest?: ((event: RequestEvent) => void) | undefined;
}

export interface SetCall {
  /** The customer alone when left out. */
  readonly participantIds?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface SetResult {
  /** One per key and participant. */
  readonly keys: readonly KeyVerdict[];
  /** The conversation has ended: nothing was written. */
  readonly ended: boolean;
  /** The read before the write and what the write itself cost; proof reads apart. */
  readonly platformRequests: number;
  readonly proofRequests: number;
  readonly traceId: TraceId;
}

/**
 * Enrichment inside a program of your own: the service's turn, one conversation at a time, with
 * neither ledger nor server. What a caller is not there to hear any more is not watched: a key that
 * is overwritten later stays so, and one that is still `accepted` at the end of `waitMs` is told as such.
 *
 * Two calls for one conversation run at once; a program that may do so lines them up itself, as the
 * service does.
 */
export interface Rapport extends AsyncDisposable {
  /**
   * Finds the customer, asks the sources, maps, writes the keys that differ, and proves them.
   * @throws {PlatformError} when the platform refuses; a source that fails is part of the outcome
   */
  enrich(conversationId: string, call?: EnrichCall): Promise<OutcomeSummary>;
  /** The same without writing: what each key would be, and why. Values are not masked. */
  inspect(conversationId: string, call?: EnrichCall): Promise<EnrichmentReport>;
  /**
   * Writes keys as they are given and proves them; `null` removes one, as `write.onRemove` says.
   * @throws {RapportError} `ERR_NO_CUSTOMER`, `ERR_NO_PARTICIPANT`
   */
  set(
    conversationId: string,
    attributes: Readonly<Record<string, string | null>>,
    call?: SetCall,
  ): Promise<SetResult>;
  /** The platform itself, on the same token and rate budget. */
  readonly client: GenesysClient;
}

const WAIT_MS = 15_000;

/**
 * Nothing is sent before the first call.
 *
 * @throws {ConfigError} with every problem of the mapping
 */
export function openRapport(options: RapportOptions): Rapport {
  const { clock = systemClock, random = Math.random, log = silentLog, onRequest } = options;
  const config = {
    ...options.config,
    write: { ...options.config.write, waitMs: options.waitMs ?? WAIT_MS },
  };
  const plan = planConfig(config);
  const stack = new AsyncDisposableStack();
  const lookups = stack.use(createLookups(config.sources, { clock, random, log }));
  const client = stack.use(
    createGenesysClient({ config: config.genesys, clock, random, log, onRequest }),
  );
  const newId = createIdSource(clock);
  const tools: Tools = {
    config,
    client,
    enrichDeps: createEnrichDeps({ plan, flow: config.flow, client, lookups, clock }),
    // Digests live as long as this object: they compare, and are kept nowhere.
    digest: createDigester(newId()),
    values: createValueMemory(),
    clock,
    random,
    log,
    newId,
  };
  return {
    client,
    enrich: async (conversationId, call = {}) =>
      runOneTurn(tools, parseConversationId(conversationId), call),
    inspect: async (conversationId, call = {}) =>
      inspect(tools, parseConversationId(conversationId), call),
    set: async (conversationId, attributes, call = {}) =>
      writeAttributes(tools, parseConversationId(conversationId), attributes, call),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
