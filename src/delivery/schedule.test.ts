import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RETRY_DELAYS_MS, retryDelayMs } from './schedule.ts';

const HOUR = 3_600_000;
/** After so many attempts at the times of the schedule. */
const wish = (attempts: number, retryAfterMs?: number) => ({
  attempts,
  ageMs: RETRY_DELAYS_MS.slice(0, attempts - 1).reduce((sum, ms) => sum + ms, 0),
  retryAfterMs,
});

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

  it('keeps the days of the schedule for a receiver who asks to be asked sooner', () => {
    const often = { attempts: 40, ageMs: 40_000 };
    expect(retryDelayMs({ ...often, retryAfterMs: 1000 }, () => 0)).toBe(1000);
    expect(retryDelayMs({ ...often, retryAfterMs: undefined }, () => 0)).toBe(300_000);
    expect(
      retryDelayMs({ ...often, ageMs: 80 * HOUR, retryAfterMs: 1000 }, () => 0),
    ).toBeUndefined();
  });

  it('counts attempts for a message that lay while nothing was sent', () => {
    const lain = { attempts: 2, ageMs: 240 * HOUR, retryAfterMs: undefined };
    expect(retryDelayMs(lain, () => 0)).toBe(300_000);
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
