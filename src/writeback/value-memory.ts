import { LRUCache } from 'lru-cache';
import type { Digest } from '../domain/attribute-entry.ts';
import type { ConversationId } from '../domain/ids.ts';
import { ownCopy } from '../domain/own-copy.ts';

/**
 * Values by their digest, in this process only: what lets the guard write a key again without
 * asking its source. The ledger holds digests alone, so after a restart the sources are asked.
 */
export interface ValueMemory {
  get(digest: Digest): string | undefined;
  keep(digest: Digest, value: string, conversationId: ConversationId): void;
  forget(digest: Digest): void;
  /** Forgets the values of conversations whose customer is erased; returns how many there were. */
  forgetConversations(ids: ReadonlySet<ConversationId>): number;
}

export interface ValueMemoryOptions {
  /** Most values that are kept. @defaultValue `50_000` */
  readonly max?: number | undefined;
  /** Most characters that are kept in all. @defaultValue `32 * 1024 * 1024` */
  readonly maxChars?: number | undefined;
}

interface Kept {
  readonly value: string;
  /** A digest goes over the participant, too, so that it belongs to one conversation. */
  readonly conversationId: ConversationId;
}

export function createValueMemory(options: ValueMemoryOptions = {}): ValueMemory {
  const { max = 50_000, maxChars = 32 * 1024 * 1024 } = options;
  const values = new LRUCache<Digest, Kept>({
    max,
    maxSize: maxChars,
    // An empty text weighs something too.
    sizeCalculation: ({ value }) => value.length + 1,
  });
  return {
    get: (digest) => values.get(digest)?.value,
    keep: (digest, value, conversationId) =>
      void values.set(ownCopy(digest), { value, conversationId }),
    forget: (digest) => void values.delete(digest),
    forgetConversations(ids) {
      let forgotten = 0;
      for (const [digest, { conversationId }] of values.entries()) {
        if (ids.has(conversationId) && values.delete(digest)) forgotten += 1;
      }
      return forgotten;
    },
  };
}
