import { RapportError } from '../domain/errors.ts';
import { systemClock, type Clock } from '../lib/clock.ts';
import { ManualClock } from '../lib/manual-clock.ts';
import { createScaledClock } from '../lib/scaled-clock.ts';

/**
 * Reads a clock as a user names it: `real`, `manual` (stands until it is advanced, and starts now),
 * or a factor such as `60` for a clock that runs sixty times as fast.
 *
 * @throws {RapportError} `ERR_EMULATOR_CLOCK`
 */
export function parseClock(text: string): Clock {
  if (text === 'real') return systemClock;
  if (text === 'manual') return new ManualClock(systemClock.wallMs());
  const factor = Number(text);
  if (text !== '' && factor > 0 && factor <= MAX_FACTOR) return createScaledClock(factor);
  throw new RapportError({
    code: 'ERR_EMULATOR_CLOCK',
    message: `clock must be real, manual or a factor from above 0 to ${MAX_FACTOR}, got ${JSON.stringify(text)}`,
    nextStep: 'Name one of them, for example 60 for an hour in a minute.',
  });
}

/** A day in a tenth of a second; beyond it timers of the machine are too coarse to tell apart. */
const MAX_FACTOR = 1_000_000;
