export interface BackoffOptions {
  /** Delay before the first retry, in milliseconds, before jitter. */
  readonly baseMs: number;
  /** Longest delay, in milliseconds. */
  readonly maxMs: number;
}

/**
 * Delay before retry number `attempt` (1 is the first), in milliseconds: doubling, capped, and
 * jittered over its upper half, so that callers who failed together do not return together and
 * nobody returns at once.
 */
export function backoffMs(attempt: number, options: BackoffOptions, random: () => number): number {
  const ceiling = Math.min(options.maxMs, options.baseMs * 2 ** Math.max(0, attempt - 1));
  return ceiling / 2 + random() * (ceiling / 2);
}
