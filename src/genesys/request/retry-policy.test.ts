import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InDoubtError, PlatformError } from '../errors.ts';
import { planRetry, type RetryConfig } from './retry-policy.ts';

const config: RetryConfig = {
  maxRetries: 5,
  withinMs: 60_000,
  baseDelayMs: 250,
  maxDelayMs: 10_000,
};

const failure = (status: number | undefined, retryAfterMs?: number): PlatformError =>
  new PlatformError({
    code: status === undefined ? 'ERR_GENESYS_NO_ANSWER' : 'ERR_GENESYS_UNAVAILABLE',
    operation: 'op',
    message: 'failed',
    retryable: true,
    status,
    retryAfterMs,
  });

const ask = (
  error: PlatformError,
  parts: Partial<Parameters<typeof planRetry>[0]> = {},
): ReturnType<typeof planRetry> =>
  planRetry(
    { error, retries: 0, elapsedMs: 0, isRepeatable: true, random: () => 0.5, ...parts },
    config,
  );

describe('planRetry', () => {
  it.each([
    [429, 'rate-limited', 'rate-limited'],
    [409, 'conflict', undefined],
    [408, 'slow-request', undefined],
    [500, 'platform-fault', undefined],
    [502, 'platform-fault', undefined],
    [503, 'platform-fault', undefined],
    [504, 'platform-fault', undefined],
    [501, undefined, undefined],
    [400, undefined, undefined],
    [401, undefined, undefined],
    [403, undefined, undefined],
    [404, undefined, undefined],
    [413, undefined, undefined],
    [undefined, 'no-answer', undefined],
  ])('after %s repeats a read because of %s, a change because of %s', (status, read, change) => {
    expect(ask(failure(status))?.reason).toBe(read);
    expect(ask(failure(status), { isRepeatable: false })?.reason).toBe(change);
  });

  it('repeats a change that never left', () => {
    const error = new PlatformError({
      code: 'ERR_GENESYS_UNREACHABLE',
      operation: 'op',
      message: 'm',
    });
    expect(ask(error, { isRepeatable: false })?.reason).toBe('unreachable');
  });

  it('never repeats what is in doubt', () => {
    expect(ask(new InDoubtError({ operation: 'op', message: 'm', status: 503 }))).toBeUndefined();
  });

  it('waits as long as the platform asks, though not beyond the time that retries may take', () => {
    expect(ask(failure(503, 20_000))?.delayMs).toBe(20_000);
    expect(ask(failure(503, 20_000), { elapsedMs: 40_001 })).toBeUndefined();
    expect(ask(failure(429, 61_000))).toBeUndefined();
  });

  it('leaves the wait of a 429 to the budget', () => {
    expect(ask(failure(429, 20_000))?.delayMs).toBe(0);
  });

  it('doubles, jitters and caps its delays, and ends after the last retry', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 10 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (retries, chance) => {
          const plan = ask(failure(500), { retries, random: () => chance });
          const ceilingMs = Math.min(10_000, 250 * 2 ** retries);
          if (retries >= 5) return plan === undefined;
          return plan !== undefined && plan.delayMs >= ceilingMs / 2 && plan.delayMs <= ceilingMs;
        },
      ),
    );
  });
});
