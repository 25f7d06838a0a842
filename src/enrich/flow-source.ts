import { isRapportError, messageOf } from '../domain/errors.ts';
import type { Clock } from '../lib/clock.ts';
import { silentLog, type Log } from '../lib/log.ts';
import { parseFlowSchema, type FlowSchema } from './flow-schema.ts';
import type { FlowOptions } from './options.ts';

/** Reads a flow, or one version of it, as the platform answers it. */
export type GetFlow = (request: {
  readonly flowId: string;
  readonly version: string | undefined;
  readonly signal: AbortSignal;
}) => Promise<unknown>;

/** What is known of the flow's inputs now. */
export type FlowAnswer =
  | {
      readonly kind: 'schema';
      readonly schema: FlowSchema;
      readonly from: 'platform' | 'cache' | 'last-known';
      readonly ageMs: number;
      /** Why the last known schema serves. */
      readonly problem?: string | undefined;
    }
  | { readonly kind: 'unavailable'; readonly flowId: string; readonly problem: string };

export interface FlowSource {
  read(signal: AbortSignal): Promise<FlowAnswer>;
}

/** How long a flow's inputs are trusted, in milliseconds: publishing a flow is a rare event. */
const FRESH_MS = 10 * 60_000;

/** How long a failed read is not repeated, in milliseconds, so that a lost permission costs few requests. */
const RETRY_AFTER_MS = 30_000;

export interface FlowSourceDeps {
  readonly getFlow: GetFlow;
  readonly clock: Clock;
  readonly log?: Log | undefined;
}

/** Keeps the inputs of one flow, reading them again when they are older than ten minutes. */
export function createFlowSource(
  options: Pick<FlowOptions, 'id' | 'version'>,
  deps: FlowSourceDeps,
): FlowSource {
  return new CachedFlow(options, deps);
}

class CachedFlow implements FlowSource {
  readonly #options: Pick<FlowOptions, 'id' | 'version'>;
  readonly #deps: FlowSourceDeps;
  #known: { readonly schema: FlowSchema; readonly readAtMs: number } | undefined;
  #failed: { readonly problem: string; readonly atMs: number } | undefined;
  #flight: Promise<FlowAnswer> | undefined;

  constructor(options: Pick<FlowOptions, 'id' | 'version'>, deps: FlowSourceDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  read(signal: AbortSignal): Promise<FlowAnswer> {
    const nowMs = this.#deps.clock.monotonicMs();
    const known = this.#known;
    if (known !== undefined && nowMs - known.readAtMs < FRESH_MS) {
      return Promise.resolve({
        kind: 'schema',
        schema: known.schema,
        from: 'cache',
        ageMs: nowMs - known.readAtMs,
      });
    }
    const failed = this.#failed;
    if (failed !== undefined && nowMs - failed.atMs < RETRY_AFTER_MS) {
      return Promise.resolve(this.#fallback(failed.problem));
    }
    this.#flight ??= this.#fetch(signal).finally(() => (this.#flight = undefined));
    return this.#flight;
  }

  async #fetch(signal: AbortSignal): Promise<FlowAnswer> {
    const { id: flowId, version } = this.#options;
    const { clock, log = silentLog } = this.#deps;
    try {
      const schema = parseFlowSchema(flowId, await this.#deps.getFlow({ flowId, version, signal }));
      if (schema === undefined) return this.#fail(`flow ${flowId} declares no inputs`);
      this.#known = { schema, readAtMs: clock.monotonicMs() };
      this.#failed = undefined;
      return { kind: 'schema', schema, from: 'platform', ageMs: 0 };
    } catch (error) {
      signal.throwIfAborted();
      const problem = problemOf(flowId, error);
      log.warn('flow.unreadable', { flowId, problem });
      return this.#fail(problem);
    }
  }

  #fail(problem: string): FlowAnswer {
    this.#failed = { problem, atMs: this.#deps.clock.monotonicMs() };
    return this.#fallback(problem);
  }

  #fallback(problem: string): FlowAnswer {
    const known = this.#known;
    if (known === undefined) return { kind: 'unavailable', flowId: this.#options.id, problem };
    const ageMs = this.#deps.clock.monotonicMs() - known.readAtMs;
    return { kind: 'schema', schema: known.schema, from: 'last-known', ageMs, problem };
  }
}

function problemOf(flowId: string, error: unknown): string {
  switch (statusOf(error)) {
    case 403:
      return `flow ${flowId} may not be read (403): the OAuth client needs the permission architect:flow:view`;
    case 404:
      return `flow ${flowId} does not exist, or has no such version (404)`;
    case 410:
      return `flow ${flowId} was deleted (410)`;
    default:
      return `flow ${flowId} could not be read: ${messageOf(error)}`;
  }
}

function statusOf(error: unknown): unknown {
  if (!isRapportError(error)) return undefined;
  return 'status' in error ? error.status : error.details['status'];
}
