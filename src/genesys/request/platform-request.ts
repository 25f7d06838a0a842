import { RapportError } from '../../domain/errors.ts';
import type { TraceId } from '../../domain/ids.ts';
import type { BudgetLane, Permit } from '../budget/budget.ts';
import type { RequestEvent } from '../request-meter.ts';

/** What every call to the platform takes beside its own arguments. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /**
   * Who this is for, when no permit is given.
   * @defaultValue `manual`
   */
  readonly lane?: BudgetLane | undefined;
  /** The promise to spend; without it the call waits for room itself. Retries always do. */
  readonly permit?: Permit | undefined;
  readonly traceId?: TraceId | undefined;
  /** Told of each request that left, repeated ones included. */
  readonly meter?: { add(request: RequestEvent): void } | undefined;
  /**
   * Called when the request is about to leave, each time that it does: a wait for room may have been
   * long, and what was right before it need not be so after. What it throws is the caller's answer,
   * nothing is sent, and the permit stays whole.
   */
  readonly beforeSend?: (() => void) | undefined;
  /**
   * Whether a change may be sent again though the first one may have been applied. Without it such a
   * case is an `InDoubtError`, so that the caller can read first.
   * @defaultValue `false`
   */
  readonly repeatChanges?: boolean | undefined;
}

export type Query = Readonly<
  Record<string, string | number | boolean | readonly string[] | undefined>
>;

/** One operation of the platform's API. */
export interface PlatformRequest {
  /** Name in the platform's API reference: `getConversation`. */
  readonly operation: string;
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below the API's URL; built with `apiPath`. */
  readonly path: string;
  readonly query?: Query | undefined;
  readonly body?: unknown;
  /** Whether it changes nothing, or the same however often it is sent. GET and HEAD always are. */
  readonly isRepeatable?: boolean | undefined;
}

export interface PlatformAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  /** Parsed JSON; undefined when the body is empty. */
  readonly body: unknown;
  readonly correlationId: string | undefined;
}

/** The one place that every request to the platform's API passes. */
export interface Requester {
  /** @throws {PlatformError} with a status, or without one when no answer came */
  send(request: PlatformRequest, options?: CallOptions): Promise<PlatformAnswer>;
}

/**
 * Builds a path, with every value in it encoded as one segment. A value that a URL would not keep
 * as a segment is refused.
 *
 * @throws {RapportError} `ERR_INVALID_ID`
 */
export function apiPath(parts: TemplateStringsArray, ...values: readonly string[]): string {
  return parts.reduce((path, part, index) => {
    const value = values[index - 1] ?? '';
    if (value === '' || value === '.' || value === '..') {
      throw new RapportError({
        code: 'ERR_INVALID_ID',
        message: `${JSON.stringify(value)} cannot be an id in ${parts.join('{id}')}`,
        nextStep: 'Give the id as the platform shows it, usually a UUID.',
      });
    }
    return `${path}${encodeURIComponent(value)}${part}`;
  });
}
