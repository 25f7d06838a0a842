import { z } from 'zod';
import type { BreakerOptions } from '../guard/breaker.ts';
import type { BulkheadOptions } from '../guard/bulkhead.ts';
import type { CacheOptions } from '../guard/cache.ts';
import type { RetryOptions } from '../guard/retry.ts';
import { keyPreferenceSchema } from './key-options.ts';

/** What every source has; the descriptions below are the reference. */
export interface GuardOptions {
  /** Its own preferences for the key; without them the customer's. */
  readonly key?: readonly string[] | undefined;
  readonly timeoutMs: number;
  readonly retry: RetryOptions;
  readonly breaker: BreakerOptions;
  readonly bulkhead: BulkheadOptions;
  readonly cache: CacheOptions;
}

/** A schema that may stand in a union told apart by `type`. */
export type VariantSchema<Output> = z.ZodType<Output> & z.core.$ZodTypeDiscriminable;

const MINUTE: number = 60_000;
export const HOUR: number = 60 * MINUTE;
const DAY: number = 24 * HOUR;
export const MIB: number = 1024 * 1024;

/** A whole number within bounds. */
export const count = (min: number, max: number): z.ZodInt => z.int().min(min).max(max);

const retry = z
  .strictObject({
    retries: count(0, 10)
      .default(1)
      .describe(
        'How many more times a question is asked that got no answer or a 408, 429 or 5xx. Only where repeating is safe, and only within timeoutMs. 0 to 10, default 1.',
      ),
    baseMs: count(1, MINUTE)
      .default(50)
      .describe(
        'Wait before the first retry, in milliseconds, doubled each time and jittered. 1 to 60000, default 50.',
      ),
    maxMs: count(1, MINUTE)
      .default(1000)
      .describe(
        'Longest wait between two tries, in milliseconds. A Retry-After of the source wins. 1 to 60000, default 1000.',
      ),
  })
  .prefault({})
  .describe('Repeating a question that failed for a passing reason.');

const breaker = z
  .strictObject({
    calls: count(1, 1000)
      .default(20)
      .describe('How many of the latest calls are judged. 1 to 1000, default 20.'),
    minCalls: count(1, 1000)
      .default(5)
      .describe(
        'With fewer results than this the source is never left alone. 1 to 1000, default 5.',
      ),
    windowMs: count(100, HOUR)
      .default(30_000)
      .describe(
        'Results older than this, in milliseconds, do not count. 100 to 3600000, default 30000.',
      ),
    failureShare: z
      .number()
      .gt(0)
      .max(1)
      .default(0.5)
      .describe(
        'Leaves the source alone when at least this share of the judged calls failed. Above 0, to 1, default 0.5.',
      ),
    openMs: count(1, HOUR)
      .default(5000)
      .describe(
        'How long it is left alone the first time, in milliseconds; doubled each time it is found still failing. 1 to 3600000, default 5000.',
      ),
    maxOpenMs: count(1, HOUR)
      .default(MINUTE)
      .describe(
        'Longest time it is left alone before it is asked again, in milliseconds. 1 to 3600000, default 60000.',
      ),
  })
  .prefault({})
  .describe('Circuit breaker: a source that keeps failing is not asked for a while.');

const bulkheadWith = (concurrent: number): z.ZodType<BulkheadOptions> =>
  z
    .strictObject({
      concurrent: count(1, 1000)
        .default(concurrent)
        .describe(
          `How many lookups run in this source at the same time. Databases open that many connections at most. 1 to 1000, default ${concurrent}.`,
        ),
      waiting: count(0, 100_000)
        .default(256)
        .describe(
          'How many more may wait for their turn, within their timeoutMs; beyond that they fail at once. 0 to 100000, default 256.',
        ),
    })
    .prefault({})
    .describe('Bulkhead: how much of the process one source may take.');

const CACHE = { freshMs: 5 * MINUTE, staleMs: HOUR, notFoundMs: 30_000 };

/** Data that lie in memory already gain nothing from a second copy. */
const NO_CACHE: typeof CACHE = { freshMs: 0, staleMs: 0, notFoundMs: 0 };

const cacheWith = (defaults: typeof CACHE): z.ZodType<CacheOptions> =>
  z
    .strictObject({
      freshMs: count(0, 30 * DAY)
        .default(defaults.freshMs)
        .describe(
          `How long an answer is given again without asking, in milliseconds. Longer saves lookups, shorter shows edits sooner. 0 to 30 days, default ${defaults.freshMs}.`,
        ),
      staleMs: count(0, 30 * DAY)
        .default(defaults.staleMs)
        .describe(
          `How long after that it is still given when the source fails or times out, in milliseconds. 0 to 30 days, default ${defaults.staleMs}.`,
        ),
      notFoundMs: count(0, DAY)
        .default(defaults.notFoundMs)
        .describe(
          `How long "not found" is given again without asking, in milliseconds. It is never given when the source fails. 0 to 1 day, default ${defaults.notFoundMs}.`,
        ),
      max: count(1, 1_000_000)
        .default(10_000)
        .describe(
          'Most answers kept; the least recently used leaves first. 1 to 1000000, default 10000.',
        ),
      maxBytes: count(1024, 4096 * MIB)
        .default(64 * MIB)
        .describe(
          'Most memory for them, in bytes of JSON. 1024 to 4 GiB, default 67108864 (64 MiB).',
        ),
    })
    .prefault({})
    .describe('Cache with a fresh and a stale window.');

interface GuardShape {
  readonly key: z.ZodOptional<z.ZodType<readonly string[]>>;
  readonly timeoutMs: z.ZodType<number>;
  readonly retry: z.ZodType<RetryOptions>;
  readonly breaker: z.ZodType<BreakerOptions>;
  readonly bulkhead: z.ZodType<BulkheadOptions>;
  readonly cache: z.ZodType<CacheOptions>;
}

/** The members that every source's schema has. */
export function guardShape(defaults: {
  readonly concurrent: number;
  readonly isCached: boolean;
}): GuardShape {
  return {
    key: keyPreferenceSchema
      .optional()
      .describe(
        'What this source is asked by, in the form of customer.key: orders by `phone`, say, and the CRM by `externalId`. Default: customer.key.',
      ),
    timeoutMs: count(1, 10 * MINUTE)
      .default(2000)
      .describe(
        'Longest wait for an answer, retries included, in milliseconds. 1 to 600000, default 2000.',
      ),
    retry,
    breaker,
    bulkhead: bulkheadWith(defaults.concurrent),
    cache: cacheWith(defaults.isCached ? CACHE : NO_CACHE),
  };
}
