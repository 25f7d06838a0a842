import type { Clock, Timer } from './clock.ts';

interface Pending {
  readonly dueMs: number;
  readonly order: number;
  readonly fire: () => void;
}

/**
 * A clock that stands still until `advance` is called. Timers fire in the order of their due
 * times, each seeing the clock at exactly its due time; timers set while advancing fire too if
 * they fall due. Between two timers pending promise callbacks run, so `await`-chains make progress.
 */
export class ManualClock implements Clock {
  #elapsedMs = 0;
  #order = 0;
  readonly #startMs: number;
  readonly #pending = new Set<Pending>();

  constructor(startMs: number = Date.UTC(2026, 0, 5, 9)) {
    this.#startMs = startMs;
  }

  wallMs(): number {
    return this.#startMs + this.#elapsedMs;
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  /** How many timers wait; 0 after a clean shutdown. */
  get pendingTimers(): number {
    return this.#pending.size;
  }

  timer(delayMs: number, fire: () => void): Timer {
    const entry: Pending = {
      dueMs: this.#elapsedMs + Math.max(delayMs, 0),
      order: this.#order++,
      fire,
    };
    this.#pending.add(entry);
    const cancel = (): void => void this.#pending.delete(entry);
    return { cancel, [Symbol.dispose]: cancel };
  }

  async advance(ms: number): Promise<void> {
    const target = this.#elapsedMs + ms;
    await settlePromises();
    for (let next = this.#earliest(target); next !== undefined; next = this.#earliest(target)) {
      this.#pending.delete(next);
      this.#elapsedMs = next.dueMs;
      next.fire();
      await settlePromises();
    }
    this.#elapsedMs = target;
  }

  #earliest(target: number): Pending | undefined {
    let best: Pending | undefined;
    for (const entry of this.#pending) {
      if (entry.dueMs > target) continue;
      const isEarlier =
        best === undefined ||
        entry.dueMs < best.dueMs ||
        (entry.dueMs === best.dueMs && entry.order < best.order);
      if (isEarlier) best = entry;
    }
    return best;
  }
}

/** One turn of the event loop lets every promise chain that needs no IO run to its next timer. */
function settlePromises(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
