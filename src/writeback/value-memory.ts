import { LRUCache } from 'lru-cache';
import type { Digest } from '../domain/attribute-entry.ts';

/**
 * Values by their digest, in this process only: what lets the guard write a key again without
 * asking its source. The ledger holds digests alone, so after a restart the sources are asked.
 */
export interface ValueMemory {
  get(digest: Digest): string | undefined;
  keep(digest: Digest, value: string): void;
  forget(digest: Digest): void;
}

export interface ValueMemoryOptions {
  /** Most values that are kept. @defaultValue `50_000` */
  readonly max?: number | undefined;
  /** Most characters that are kept in all. @defaultValue `32 * 1024 * 1024` */
  readonly maxChars?: number | undefined;
}

export function createValueMemory(options: ValueMemoryOptions = {}): ValueMemory {
  const { max = 50_000, maxChars = 32 * 1024 * 1024 } = options;
  const values = new LRUCache<Digest, string>({
    max,
    maxSize: maxChars,
    // An empty text weighs something too.
    sizeCalculation: (value) => value.length + 1,
  });
  return {
    get: (digest) => values.get(digest),
    keep: (digest, value) => void values.set(digest, value),
    forget: (digest) => void values.delete(digest),
  };
}
