import { backoffMs } from '../../lib/backoff.ts';
import { PlatformError } from '../errors.ts';

export interface RetryConfig {
  /** Most retries of one call. */
  readonly maxRetries: number;
  /** Longest time from the first try to the start of the last retry, in milliseconds. */
  readonly withinMs: number;
  /** Delay before the first retry, in milliseconds, doubled with each one. */
  readonly baseDelayMs: number;
  /** Longest delay, in milliseconds, unless the platform asks for a longer one. */
  readonly maxDelayMs: number;
}

export interface RetryQuestion {
  readonly error: PlatformError;
  /** Retries made so far. */
  readonly retries: number;
  /** Since the first try, in milliseconds. */
  readonly elapsedMs: number;
  readonly isRepeatable: boolean;
  readonly random: () => number;
}

/**
 * Why a call is tried again. The list is closed: what is not on it is told to the caller. None of
 * them repeats a change that may have been made, since such a failure is an `InDoubtError`, which is
 * on no line, unless the call is repeatable, and then it is none.
 */
const REASONS: readonly {
  readonly reason: string;
  readonly applies: (error: PlatformError, isRepeatable: boolean) => boolean;
}[] = [
  { reason: 'rate-limited', applies: (error) => error.status === 429 },
  // Never left this machine.
  { reason: 'unreachable', applies: (error) => error.code === 'ERR_GENESYS_UNREACHABLE' },
  // A change that met a conflict is the caller's: it must look at what is there now.
  { reason: 'conflict', applies: (error, repeatable) => repeatable && error.status === 409 },
  { reason: 'slow-request', applies: (error, repeatable) => repeatable && error.status === 408 },
  {
    reason: 'platform-fault',
    applies: ({ status }, repeatable) =>
      repeatable && status !== undefined && status >= 500 && status !== 501,
  },
  {
    reason: 'no-answer',
    applies: (error, repeatable) => repeatable && error.status === undefined && error.retryable,
  },
];

/** The reason and the delay of the next retry, or undefined when there is none. */
export function planRetry(
  question: RetryQuestion,
  config: RetryConfig,
): { readonly reason: string; readonly delayMs: number } | undefined {
  const { error, retries, isRepeatable } = question;
  if (error.code === 'ERR_GENESYS_IN_DOUBT' || retries >= config.maxRetries) return undefined;
  const match = REASONS.find(({ applies }) => applies(error, isRepeatable));
  if (match === undefined) return undefined;
  const ownMs = backoffMs(
    retries + 1,
    { baseMs: config.baseDelayMs, maxMs: config.maxDelayMs },
    question.random,
  );
  // The budget waits out a 429 by itself: a delay here would be paid twice.
  const delayMs = match.reason === 'rate-limited' ? 0 : Math.max(ownMs, error.retryAfterMs ?? 0);
  const waitMs = Math.max(delayMs, error.retryAfterMs ?? 0);
  return question.elapsedMs + waitMs > config.withinMs
    ? undefined
    : { reason: match.reason, delayMs };
}
