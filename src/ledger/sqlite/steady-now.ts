import type { Clock } from '../../lib/clock.ts';

/**
 * Epoch milliseconds that never run backwards and never stand still. A wall clock that is set
 * back would push everything that is due into the future; here the monotonic clock carries on
 * until the wall clock has caught up. One that is set forward is followed.
 */
export function createSteadyNow(clock: Clock): () => number {
  let now = Math.floor(clock.wallMs());
  let readAt = clock.monotonicMs();
  return () => {
    const monotonic = clock.monotonicMs();
    const carried = now + Math.floor(monotonic - readAt);
    const wall = Math.floor(clock.wallMs());
    // The fraction of a millisecond that `carried` drops is left on `readAt` for the next call.
    readAt = wall > carried ? monotonic : readAt + (carried - now);
    now = Math.max(wall, carried);
    return now;
  };
}
