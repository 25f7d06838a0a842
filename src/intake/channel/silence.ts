import type { Clock, Timer } from '../../lib/clock.ts';

export interface SilenceOptions {
  readonly clock: Clock;
  /** Silence after which we ask whether anybody is there, in milliseconds. */
  readonly silenceMs: number;
  /** How long the answer may take, in milliseconds. */
  readonly answerMs: number;
  readonly ask: () => void;
  /** Called once. */
  readonly onDead: () => void;
}

export interface SilenceWatch extends Disposable {
  /** Something was heard. */
  heard(): void;
  /** While reading is paused on purpose, silence says nothing. */
  setPaused(paused: boolean): void;
}

/** A dead socket looks like a quiet one: asks after a silence, and gives up when no answer comes. */
export function watchSilence(options: SilenceOptions): SilenceWatch {
  const { clock, silenceMs, answerMs, ask, onDead } = options;
  let lastMs = clock.monotonicMs();
  let asked = false;
  let paused = false;
  let timer: Timer;

  // The timer is not moved at each frame; it looks, when it fires, how long ago the last one was.
  const arm = (): void => {
    const limitMs = asked ? silenceMs + answerMs : silenceMs;
    timer = clock.timer(lastMs + limitMs - clock.monotonicMs(), check);
  };
  const check = (): void => {
    if (paused) lastMs = clock.monotonicMs();
    const quietMs = clock.monotonicMs() - lastMs;
    if (quietMs >= silenceMs + answerMs) {
      onDead();
      return;
    }
    if (quietMs >= silenceMs && !asked) {
      asked = true;
      ask();
    }
    arm();
  };
  arm();
  return {
    heard() {
      lastMs = clock.monotonicMs();
      asked = false;
    },
    setPaused(value) {
      paused = value;
      lastMs = clock.monotonicMs();
    },
    [Symbol.dispose]: () => timer.cancel(),
  };
}
