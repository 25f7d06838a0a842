import { sleep, systemClock } from '../../lib/clock.ts';

/** A day at a time: a timer keeps the process alive while nothing else does. */
const DAY_MS = 86_400_000;

/** Resolves when the user asks to stop. */
export async function untilStopped(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(systemClock, DAY_MS, signal).catch(() => undefined);
  }
}
