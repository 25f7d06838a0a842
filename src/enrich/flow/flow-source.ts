import { isRapportError, messageOf } from '../../domain/errors.ts';
import { abortable, createDeadline } from '../../lib/abort.ts';
import type { Clock } from '../../lib/clock.ts';
import { silentLog, type Log } from '../../lib/log.ts';
import { parseFlowSchema, type FlowSchema } from './flow-schema.ts';
import type { FlowOptions } from '../options.ts';

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
      /** `given`: nothing was read, as in a test case. */
      readonly from: 'platform' | 'cache' | 'last-known' | 'given';
      readonly ageMs: number;
      /** Why the last known schema serves. */
      readonly problem?: string | undefined;
    }
  | { readonly kind: 'unavailable'; readonly flowId: string; readonly problem: string };

/** The flow's inputs, where they are known. */
export const schemaOf = (answer: FlowAnswer | undefined): FlowSchema | undefined =>
  answer?.kind === 'schema' ? answer.schema : undefined;

export interface FlowSource {
  /** Rejects only with the signal's reason. */
  read(signal: AbortSignal): Promise<FlowAnswer>;
}

/** How long a flow's inputs are trusted, in milliseconds: publishing a flow is a rare event. */
const FRESH_MS = 10 * 60_000;
/** How long a failed read is not repeated, in milliseconds, so that a lost permission costs few requests. */
const RETRY_AFTER_MS = 30_000;
/** Longest wait for the platform, in milliseconds, its retries included. */
const TIMEOUT_MS = 15_000;

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

interface Known {
  /** Undefined for a flow that declares nothing. */
  readonly schema: FlowSchema | undefined;
  readonly readAtMs: number;
}

class CachedFlow implements FlowSource {
  readonly #options: Pick<FlowOptions, 'id' | 'version'>;
  readonly #deps: FlowSourceDeps;
  #known: Known | undefined;
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
      return Promise.resolve(this.#answer(known, { from: 'cache' }));
    }
    const failed = this.#failed;
    if (failed !== undefined && nowMs - failed.atMs < RETRY_AFTER_MS) {
      return Promise.resolve(this.#fallback(failed.problem));
    }
    this.#flight ??= this.#fetch().finally(() => (this.#flight = undefined));
    return abortable(this.#flight, signal);
  }

  /** Many wait for it, so it stops by its own deadline and not by that of whoever asked first. */
  async #fetch(): Promise<FlowAnswer> {
    const { id: flowId, version } = this.#options;
    const { getFlow, clock, log = silentLog } = this.#deps;
    using deadline = createDeadline(clock, TIMEOUT_MS);
    try {
      const { signal } = deadline;
      const body = await abortable(getFlow({ flowId, version, signal }), signal);
      this.#known = { schema: parseFlowSchema(flowId, body), readAtMs: clock.monotonicMs() };
      this.#failed = undefined;
      return this.#answer(this.#known, { from: 'platform' });
    } catch (error) {
      const problem = problemOf(flowId, error);
      log.warn('flow.unreadable', { flowId, problem });
      this.#failed = { problem, atMs: clock.monotonicMs() };
      return this.#fallback(problem);
    }
  }

  #fallback(problem: string): FlowAnswer {
    return this.#known === undefined
      ? { kind: 'unavailable', flowId: this.#options.id, problem }
      : this.#answer(this.#known, { from: 'last-known', problem });
  }

  #answer(
    { schema, readAtMs }: Known,
    how: { readonly from: 'platform' | 'cache' | 'last-known'; readonly problem?: string },
  ): FlowAnswer {
    const flowId = this.#options.id;
    if (schema === undefined) {
      return {
        kind: 'unavailable',
        flowId,
        problem: how.problem ?? `flow ${flowId} declares no inputs`,
      };
    }
    return { kind: 'schema', schema, ageMs: this.#deps.clock.monotonicMs() - readAtMs, ...how };
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
