import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RETRY_DELAYS_MS, retryDelayMs } from './schedule.ts';

const HOUR = 3_600_000;
const wish = (attempts: number, retryAfterMs?: number) => ({ attempts, retryAfterMs });

describe('retryDelayMs', () => {
  it('spreads ten attempts over a bit more than three days', () => {
    const delays = Array.from({ length: 10 }, (_, i) => retryDelayMs(wish(i + 1), () => 0));
    expect(delays).toEqual([...RETRY_DELAYS_MS, undefined]);
    const totalMs = RETRY_DELAYS_MS.reduce((sum, ms) => sum + ms, 0);
    expect(totalMs / HOUR).toBeGreaterThan(72);
    expect(totalMs / HOUR).toBeLessThan(96);
  });

  it('lets the receiver’s number win, within a second and a day', () => {
    expect(retryDelayMs(wish(1, 60_000), () => 0)).toBe(60_000);
    expect(retryDelayMs(wish(1, 0), () => 0)).toBe(1000);
    expect(retryDelayMs(wish(1, 1e12), () => 0)).toBe(24 * HOUR);
    expect(retryDelayMs(wish(10, 60_000), () => 0)).toBeUndefined();
  });

  it('never returns earlier than said, and at most a tenth later', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (attempts, chance) => {
          const delayMs = retryDelayMs(wish(attempts), () => chance) ?? Number.NaN;
          const base = RETRY_DELAYS_MS[attempts - 1] ?? Number.NaN;
          return delayMs >= base && delayMs <= base * 1.1;
        },
      ),
    );
  });
});
