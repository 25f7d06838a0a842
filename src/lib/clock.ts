/**
 * Time as a parameter. Nothing in Rapport calls `Date.now` or `setTimeout` on its own: whoever
 * needs time is given a `Clock`, so that a test or the emulator can move hours in milliseconds.
 */
export interface Clock {
  /** Epoch milliseconds. May jump; use it for what people and other machines read. */
  wallMs(): number;
  /** Milliseconds that only grow, from an arbitrary start. Use it for durations and deadlines. */
  monotonicMs(): number;
  /** Calls `fire` once after `delayMs`. Disposing it before then means `fire` is never called. */
  timer(delayMs: number, fire: () => void): Timer;
}

export interface Timer extends Disposable {
  cancel(): void;
}

/** Longest delay that `setTimeout` takes, in milliseconds; a longer one would fire at once. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** The machine's own clock. Its timers keep the process alive until they fire or are cancelled. */
export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  timer(delayMs, fire) {
    let handle: NodeJS.Timeout;
    const arm = (leftMs: number): void => {
      handle =
        leftMs > MAX_TIMEOUT_MS
          ? setTimeout(() => arm(leftMs - MAX_TIMEOUT_MS), MAX_TIMEOUT_MS)
          : setTimeout(fire, Math.max(leftMs, 0));
    };
    arm(delayMs);
    const cancel = (): void => clearTimeout(handle);
    return { cancel, [Symbol.dispose]: cancel };
  },
};

/** Waits `delayMs`; rejects with the signal's reason as soon as it aborts. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason);
      return;
    }
    const onAbort = (): void => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = clock.timer(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
