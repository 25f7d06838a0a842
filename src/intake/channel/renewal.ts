import type { Clock, Timer } from '../../lib/clock.ts';
import type { ChannelTiming } from './channel-state.ts';

export interface RenewalOptions {
  readonly clock: Clock;
  readonly timing: ChannelTiming;
  /** Time to put the topics again. */
  readonly onDue: () => void;
  /** They were not put in time: the platform has ended the channel, or is about to. */
  readonly onExpired: () => void;
}

export interface Renewal extends Disposable {
  /** The topics were put just now: the channel's life begins anew. */
  restart(): void;
}

/** Keeps a channel's 24 hours. Does nothing before the first `restart`. */
export function createRenewal({ clock, timing, onDue, onExpired }: RenewalOptions): Renewal {
  let timers: readonly Timer[] = [];
  const stop = (): void => {
    for (const timer of timers) timer.cancel();
  };
  return {
    restart() {
      stop();
      timers = [clock.timer(timing.renewAfterMs, onDue), clock.timer(timing.lifeMs, onExpired)];
    },
    [Symbol.dispose]: stop,
  };
}
