import { backoffMs, type BackoffOptions } from '../../lib/backoff.ts';
import { sleep, type Clock } from '../../lib/clock.ts';
import { LookupError } from '../errors.ts';

export interface RetryOptions extends BackoffOptions {
  /** How many more times after the first. */
  readonly retries: number;
}

interface RetryDeps {
  readonly clock: Clock;
  readonly random: () => number;
}

/** Failures after which the same question may be answered a moment later. */
const WORTH_REPEATING: ReadonlySet<LookupError['code']> = new Set([
  'ERR_SOURCE_UNREACHABLE',
  'ERR_SOURCE_UNAVAILABLE',
  'ERR_SOURCE_RATE_LIMITED',
]);

/**
 * Calls `attempt` until it succeeds, fails for a reason that a repetition does not mend, or the
 * retries are used up. Waits as long as the source asked for, when it did and that is no longer
 * than `deadlineMs` (monotonic) allows; a wait that would end after the deadline is not begun.
 */
export async function withRetries<Value>(
  attempt: () => Promise<Value>,
  options: RetryOptions & { readonly deadlineMs: number; readonly signal: AbortSignal },
  deps: RetryDeps,
): Promise<Value> {
  for (let retry = 1; ; retry += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (retry > options.retries || !isWorthRepeating(error)) throw error;
      const waitMs = error.retryAfterMs ?? backoffMs(retry, options, deps.random);
      if (deps.clock.monotonicMs() + waitMs >= options.deadlineMs) throw error;
      if (waitMs > 0) await sleep(deps.clock, waitMs, options.signal);
    }
  }
}

function isWorthRepeating(error: unknown): error is LookupError {
  return error instanceof LookupError && WORTH_REPEATING.has(error.code);
}
