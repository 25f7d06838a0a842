import type { Unit, UnitResult } from '../sql/statement.ts';

/** Most units that share a transaction: a bound on the locks that one commit holds. */
const MAX_UNITS = 64;

export interface BatcherOptions {
  /** Transactions at a time. */
  readonly concurrency: number;
  /** Runs units as one transaction, each with a result. */
  readonly run: (units: readonly Unit[]) => Promise<readonly UnitResult[]>;
}

interface Waiting {
  readonly unit: Unit;
  readonly resolve: (result: UnitResult) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Lets units that wait share the next transaction: those that lock one conversation each, and never
 * two of the same. They are sorted by conversation, so that two transactions cannot wait for each
 * other. A unit that the server refuses spoils its transaction; all of that one are then run alone,
 * so that a bad one fails alone.
 */
export class Batcher {
  readonly #options: BatcherOptions;
  #queue: Waiting[] = [];
  #running = 0;

  constructor(options: BatcherOptions) {
    this.#options = options;
  }

  run(unit: Unit): Promise<UnitResult> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ unit, resolve, reject });
      this.#next();
    });
  }

  #next(): void {
    while (this.#running < this.#options.concurrency && this.#queue.length > 0) {
      const batch = this.#take();
      this.#running += 1;
      void this.#runBatch(batch).finally(() => {
        this.#running -= 1;
        this.#next();
      });
    }
  }

  #take(): Waiting[] {
    const batch: Waiting[] = [];
    const later: Waiting[] = [];
    const locked = new Set<string>();
    for (const [i, waiting] of this.#queue.entries()) {
      const lock = waiting.unit[0]?.locks;
      const isAlone = lock === undefined;
      if (batch.length === 0 && isAlone) {
        this.#queue = [...later, ...this.#queue.slice(i + 1)];
        return [waiting];
      }
      if (isAlone || locked.has(lock) || batch.length >= MAX_UNITS) later.push(waiting);
      else {
        batch.push(waiting);
        locked.add(lock);
      }
    }
    this.#queue = later;
    return batch.toSorted((a, b) => (lockOf(a) < lockOf(b) ? -1 : 1));
  }

  async #runBatch(batch: readonly Waiting[]): Promise<void> {
    try {
      const results = await this.#options.run(batch.map((waiting) => waiting.unit));
      batch.forEach((waiting, i) => waiting.resolve(results[i] ?? 'refused'));
    } catch (error) {
      if (batch.length > 1 && isRefusedByServer(error)) {
        for (const waiting of batch) await this.#runBatch([waiting]);
        return;
      }
      for (const waiting of batch) waiting.reject(error);
    }
  }
}

const lockOf = (waiting: Waiting): string => waiting.unit[0]?.locks ?? '';

/**
 * An error that the server gave for a statement: the transaction is surely undone. Class 57 is the
 * server going away and 08 a connection that broke, where nobody knows what became of it.
 */
function isRefusedByServer(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && !/^(57|08)/.test(code);
}
