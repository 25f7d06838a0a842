export interface BulkheadOptions {
  /** How many calls run at the same time. */
  readonly concurrent: number;
  /** How many more may wait for a place. */
  readonly waiting: number;
}

/** A place in the bulkhead. Dispose it when the call is over. */
export type Place = Disposable;

interface Waiter {
  readonly admit: () => void;
}

/**
 * Bounds how much of the process one source may take: so many calls at a time, so many waiting,
 * first come, first served.
 *
 * It is our own and not cockatiel's, because there a waiter whose caller has gone keeps its place
 * in the line until it is its turn (BulkheadPolicy, version 4.0.0): under a slow source the line
 * would be full of callers who left, and those who are still there would be refused.
 */
export class Bulkhead {
  #running = 0;
  readonly #waiters = new Set<Waiter>();
  readonly #options: BulkheadOptions;

  constructor(options: BulkheadOptions) {
    this.#options = options;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiters.size;
  }

  /** A place as soon as there is one; undefined at once when the line is full. Rejects with the signal's reason. */
  async enter(signal: AbortSignal): Promise<Place | undefined> {
    signal.throwIfAborted();
    if (this.#running < this.#options.concurrent) {
      this.#running += 1;
      return this.#place();
    }
    if (this.#waiters.size >= this.#options.waiting) return undefined;
    await this.#turn(signal);
    return this.#place();
  }

  /** Resolves when a leaver has handed its place over: `#running` counts it all the time. */
  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiters.delete(waiter);
        reject(signal.reason);
      };
      const waiter: Waiter = {
        admit: () => {
          signal.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      this.#waiters.add(waiter);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  #place(): Place {
    let left = false;
    return {
      [Symbol.dispose]: () => {
        if (left) return;
        left = true;
        this.#leave();
      },
    };
  }

  #leave(): void {
    const next = this.#waiters.values().next().value;
    if (next === undefined) {
      this.#running -= 1;
      return;
    }
    this.#waiters.delete(next);
    next.admit();
  }
}
