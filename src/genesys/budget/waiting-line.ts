/** Waits that end in order, by a value, or at any time by their signal. */
export class WaitingLine<Key, Value> {
  readonly #waits = new Set<Wait<Key, Value>>();

  get size(): number {
    return this.#waits.size;
  }

  /** The keys of those who wait, first come first. */
  get entries(): Iterable<Wait<Key, Value>> {
    return this.#waits;
  }

  /** Waits in line until `serve` or `reject` ends it. `onLeave` is called when its signal did. */
  join(key: Key, signal: AbortSignal | undefined, onLeave: () => void): Promise<Value> {
    const { promise, resolve, reject } = Promise.withResolvers<Value>();
    if (signal?.aborted === true) {
      reject(signal.reason);
      return promise;
    }
    const end = (): void => {
      this.#waits.delete(wait);
      signal?.removeEventListener('abort', onAbort);
    };
    const onAbort = (): void => {
      end();
      reject(signal?.reason);
      onLeave();
    };
    const wait: Wait<Key, Value> = {
      key,
      serve(value) {
        end();
        resolve(value);
      },
      reject(reason) {
        end();
        reject(reason);
      },
    };
    this.#waits.add(wait);
    signal?.addEventListener('abort', onAbort, { once: true });
    return promise;
  }

  rejectAll(reason: unknown): void {
    for (const wait of this.#waits) wait.reject(reason);
  }
}

export interface Wait<Key, Value> {
  readonly key: Key;
  serve(value: Value): void;
  reject(reason: unknown): void;
}
