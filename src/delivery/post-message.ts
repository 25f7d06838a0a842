import { request, type Dispatcher } from 'undici';
import { createDeadline, TimeoutError } from '../lib/abort.ts';
import type { Clock } from '../lib/clock.ts';
import { parseRetryAfter } from '../lib/retry-after.ts';
import type { OutboxMessage } from '../ledger/outbox/outbox.ts';
import type { DestinationOptions } from './options.ts';
import { signMessage } from './sign.ts';

/** What one post came to. `status` is a short word for people: `200`, `timeout`, `ECONNREFUSED`. */
export type PostResult =
  | { readonly kind: 'accepted'; readonly status: string }
  | {
      readonly kind: 'failed';
      readonly status: string;
      readonly retryAfterMs: number | undefined;
      /** Whether any other message would have failed as well. */
      readonly isOfDestination: boolean;
    }
  /** The receiver says that it is no more and wants nothing again. */
  | { readonly kind: 'gone'; readonly status: string };

export interface PostDeps {
  readonly clock: Clock;
  readonly dispatcher: Dispatcher;
}

/** How much of an answer is read so that its connection can be used again, in bytes. */
const DUMPED_BYTES = 16_384;

/**
 * Posts one message, to the configured address and nowhere else: a redirect is a failure, since
 * its target was chosen by somebody else. The answer's body is of no interest.
 *
 * Rejects only with the signal's reason.
 */
export async function postMessage(
  message: OutboxMessage,
  options: DestinationOptions,
  signal: AbortSignal,
  deps: PostDeps,
): Promise<PostResult> {
  using deadline = createDeadline(deps.clock, options.timeoutMs, signal);
  const wallMs = deps.clock.wallMs();
  try {
    const { statusCode, headers, body } = await request(options.url, {
      dispatcher: deps.dispatcher,
      method: 'POST',
      headers: headersOf(message, options, wallMs),
      body: message.body,
      signal: deadline.signal,
    });
    await body.dump({ limit: DUMPED_BYTES, signal: deadline.signal }).catch(ignored);
    return judge(statusCode, headers['retry-after'], wallMs);
  } catch (error) {
    signal.throwIfAborted();
    const status = deadline.signal.reason instanceof TimeoutError ? 'timeout' : nameOf(error);
    return { kind: 'failed', status, retryAfterMs: undefined, isOfDestination: true };
  }
}

/** The status is known by now; a connection that breaks after it changes nothing. */
function ignored(): void {}

function headersOf(
  message: OutboxMessage,
  options: DestinationOptions,
  wallMs: number,
): Record<string, string> {
  const trace = message.traceId === undefined ? {} : { 'x-trace-id': message.traceId };
  return {
    ...options.headers,
    ...trace,
    ...signMessage({ id: message.id, body: message.body, wallMs }, options.secret),
    'content-type': 'application/json',
    'user-agent': 'rapport',
  };
}

function judge(
  statusCode: number,
  retryAfter: string | string[] | undefined,
  wallMs: number,
): PostResult {
  const status = String(statusCode);
  if (statusCode >= 200 && statusCode < 300) return { kind: 'accepted', status };
  if (statusCode === 410) return { kind: 'gone', status: '410 gone' };
  if (statusCode >= 300 && statusCode < 400) {
    const refused = `${status} redirect refused`;
    return { kind: 'failed', status: refused, retryAfterMs: undefined, isOfDestination: true };
  }
  return {
    kind: 'failed',
    status,
    retryAfterMs: parseRetryAfter(retryAfter, wallMs),
    isOfDestination: statusCode >= 500 || OF_DESTINATION.has(statusCode),
  };
}

/** Statuses below 500 that say nothing about the message: not signed in, not allowed, gone astray, too slow, too many. */
const OF_DESTINATION: ReadonlySet<number> = new Set([401, 403, 404, 405, 408, 429]);

/** The error's code, or that of what it wraps. */
function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return 'failed';
  if ('code' in error && typeof error.code === 'string') return error.code;
  if (error instanceof AggregateError) return nameOf(error.errors[0]);
  return error.cause === undefined ? error.name : nameOf(error.cause);
}
