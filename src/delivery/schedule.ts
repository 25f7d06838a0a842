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

/** How far the clocks of store and service may make a message look younger than it is, as a share of its age. */
const AGE_SLACK = 0.1;

export interface RetryWish {
  /** How often it was tried, 1 after the first attempt. */
  readonly attempts: number;
  /** How long ago the message was written, in milliseconds. */
  readonly ageMs: number;
  /** What the receiver asked for. */
  readonly retryAfterMs: number | undefined;
}

/**
 * How long to wait until the next attempt; undefined when there is to be none. A receiver who asks for
 * it sooner than the schedule does not use the schedule up: only attempts and days together end it.
 */
export function retryDelayMs(wish: RetryWish, random: () => number): number | undefined {
  const delayMs = RETRY_DELAYS_MS[Math.min(wish.attempts - 1, stepAt(wish.ageMs))];
  if (delayMs === undefined) return undefined;
  const asked = wish.retryAfterMs;
  const base =
    asked === undefined
      ? delayMs
      : Math.min(MAX_RETRY_AFTER_MS, Math.max(MIN_RETRY_AFTER_MS, asked));
  return base * (1 + JITTER * random());
}

/** How many waits of the schedule fit into this time. */
function stepAt(ageMs: number): number {
  let sumMs = 0;
  const step = RETRY_DELAYS_MS.findIndex((delayMs) => {
    sumMs += delayMs;
    return sumMs * (1 - AGE_SLACK) > ageMs;
  });
  return step === -1 ? RETRY_DELAYS_MS.length : step;
}
