const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/**
 * Waits between the attempts of one message, in milliseconds: ten attempts over a bit more than
 * three days. Source: Standard Webhooks 1.0.0, "Deliverability and reliability", checked 2026-11-20.
 */
export const RETRY_DELAYS_MS: readonly number[] = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
];

/** Longest wait that a receiver's own number may ask for, in milliseconds. */
const MAX_RETRY_AFTER_MS = 24 * HOUR;
/** Shortest one: a receiver who says 0 would be asked in a circle. */
const MIN_RETRY_AFTER_MS = SECOND;
/** Share by which a wait is stretched at random, so that what failed together does not return together. */
const JITTER = 0.1;

export interface RetryWish {
  /** How often it was tried, 1 after the first attempt. */
  readonly attempts: number;
  /** What the receiver asked for. */
  readonly retryAfterMs: number | undefined;
}

/** How long to wait until the next attempt; undefined when there is to be none. */
export function retryDelayMs(wish: RetryWish, random: () => number): number | undefined {
  const delayMs = RETRY_DELAYS_MS[wish.attempts - 1];
  if (delayMs === undefined) return undefined;
  const asked = wish.retryAfterMs;
  const base =
    asked === undefined
      ? delayMs
      : Math.min(MAX_RETRY_AFTER_MS, Math.max(MIN_RETRY_AFTER_MS, asked));
  return base * (1 + JITTER * random());
}
