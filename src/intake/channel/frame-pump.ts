/** Frames handed out and not yet dealt with, above which reading stops, and below which it goes on. */
const HIGH_WATER = 512;
const LOW_WATER = 128;

export interface FramePumpOptions {
  /** Called in the order of arrival, without waiting for the one before. */
  readonly onFrame: (body: unknown) => Promise<void>;
  readonly onFailure: (error: unknown) => void;
  /** Asks the reader to stop or to go on. */
  readonly setPaused: (paused: boolean) => void;
}

export interface FramePump {
  push(body: unknown): void;
  readonly isPaused: boolean;
  /** Resolves when nothing is in flight. */
  idle(): Promise<void>;
}

/** Hands frames out in order, bounds how many are in flight, and survives a handler that fails. */
export function createFramePump(options: FramePumpOptions): FramePump {
  let inFlight = 0;
  let paused = false;
  let waiting: (() => void)[] = [];

  const setPaused = (value: boolean): void => {
    if (paused === value) return;
    paused = value;
    options.setPaused(value);
  };
  const finish = (): void => {
    inFlight -= 1;
    if (inFlight <= LOW_WATER) setPaused(false);
    if (inFlight > 0) return;
    const idle = waiting;
    waiting = [];
    for (const resolve of idle) resolve();
  };
  const handle = async (body: unknown): Promise<void> => {
    try {
      await options.onFrame(body);
    } catch (error) {
      options.onFailure(error);
    } finally {
      finish();
    }
  };
  return {
    push(body) {
      inFlight += 1;
      if (inFlight >= HIGH_WATER) setPaused(true);
      void handle(body); // never rejects: a failure goes to onFailure
    },
    get isPaused() {
      return paused;
    },
    idle: () =>
      inFlight === 0
        ? Promise.resolve()
        : new Promise((resolve) => {
            waiting.push(resolve);
          }),
  };
}
