import { describe, expect, it } from 'vitest';
import { systemClock } from '../lib/clock.ts';
import { ManualClock } from '../lib/manual-clock.ts';
import { parseClock } from './clock.ts';

describe('parseClock', () => {
  it('knows the machine’s clock, a manual one and a faster one', () => {
    expect(parseClock('real')).toBe(systemClock);
    expect(parseClock('manual')).toBeInstanceOf(ManualClock);
    expect(parseClock('60')).not.toBe(systemClock);
  });

  it.for(['', '0', '-1', 'fast', 'NaN', 'Infinity', '1e9'])('refuses "%s"', (text) => {
    expect(() => parseClock(text)).toThrow('clock must be real, manual or a factor');
  });
});
