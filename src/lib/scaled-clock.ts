import { systemClock, type Clock } from './clock.ts';

/**
 * A clock that runs `factor` times as fast as `base`: at factor 60, an hour passes in a minute.
 * It starts at the base clock's present instant.
 */
export function createScaledClock(factor: number, base: Clock = systemClock): Clock {
  if (!(factor > 0) || !Number.isFinite(factor)) {
    throw new RangeError(`clock factor must be a positive number, got ${factor}`);
  }
  const originMs = base.monotonicMs();
  const originWallMs = base.wallMs();
  const elapsedMs = (): number => (base.monotonicMs() - originMs) * factor;
  return {
    wallMs: () => originWallMs + elapsedMs(),
    monotonicMs: elapsedMs,
    timer: (delayMs, fire) => base.timer(delayMs / factor, fire),
  };
}
