import { systemClock, type Clock } from '../../src/lib/clock.ts';
import { sharedNow } from './watched.ts';
import type { ClockSetup } from './wire.ts';

/** Where a clock begins that several processes go by; `factor` is how fast it goes. */
export function startClock(factor: number): ClockSetup {
  return { factor, originMs: sharedNow(), originWallMs: Date.now() };
}

/**
 * One time for all processes of a rig, faster than the machine's: a process that starts later does
 * not start with a time of its own.
 */
export function sharedClock({ factor, originMs, originWallMs }: ClockSetup): Clock {
  const elapsedMs = (): number => (sharedNow() - originMs) * factor;
  return {
    wallMs: () => originWallMs + elapsedMs(),
    monotonicMs: elapsedMs,
    timer: (delayMs, fire) => systemClock.timer(delayMs / factor, fire),
  };
}
