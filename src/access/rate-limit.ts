import { LRUCache } from 'lru-cache';
import { RapportError } from '../domain/errors.ts';
import type { Clock } from '../lib/clock.ts';

/** Callers whose use is remembered; one that is forgotten starts with a full second. */
const MAX_CALLERS = 10_000;

const SECOND_MS = 1000;

export interface RateLimitOptions {
  /** What one caller may send in a second, and save up. */
  readonly perSecond: number;
  readonly clock: Clock;
}

export interface RateLimit {
  /** Counts one request. @returns how long to wait, in milliseconds; undefined when it may go on */
  take(caller: string): number | undefined;
}

interface Bucket {
  left: number;
  atMs: number;
}

/** A bucket for each caller, refilled evenly, so that one who floods holds back nobody else. */
export function createRateLimit({ perSecond, clock }: RateLimitOptions): RateLimit {
  const buckets = new LRUCache<string, Bucket>({ max: MAX_CALLERS });
  return {
    take(caller) {
      const nowMs = clock.monotonicMs();
      const known = buckets.get(caller);
      const bucket = known ?? { left: perSecond, atMs: nowMs };
      if (known === undefined) buckets.set(caller, bucket);
      const refilled = ((nowMs - bucket.atMs) / SECOND_MS) * perSecond;
      bucket.left = Math.min(perSecond, bucket.left + refilled);
      bucket.atMs = nowMs;
      if (bucket.left < 1) return ((1 - bucket.left) / perSecond) * SECOND_MS;
      bucket.left -= 1;
      return undefined;
    },
  };
}

export function tooFast(waitMs: number): RapportError {
  return new RapportError({
    code: 'ERR_TOO_MANY_REQUESTS',
    message: 'this caller sends more requests than it may in a second',
    nextStep:
      'Send it again after the time in Retry-After; service.requestsPerSecond sets the limit.',
    retryable: true,
    details: { httpStatus: 429, retryAfterMs: waitMs },
  });
}
