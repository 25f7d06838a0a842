import type { ConversationId, ParticipantId } from '../domain/ids.ts';

/** Conversations remembered unless told otherwise; at about 200 bytes each, 10 MB. */
export const DEFAULT_SEEN_MAX = 50_000;

/** What the memory knows of a conversation with this customer. */
export type SeenStatus = 'new' | 'customer-changed' | 'known';

/**
 * Remembers which conversations were taken, so that the many frames of one conversation do not each
 * ask the ledger. It may forget (the longest unseen first) and starts empty: the ledger's dedupe key
 * is the truth beneath it, and a conversation that was forgotten costs one duplicate there.
 */
export interface Seen {
  status(conversationId: ConversationId, customerId: ParticipantId | undefined): SeenStatus;
  /** To be called once the conversation's request is durable; earlier, and a refused one would be lost. */
  remember(conversationId: ConversationId, customerId: ParticipantId | undefined): void;
  readonly size: number;
  /** How many were forgotten to make room. When it grows steadily, `max` is too small. */
  readonly evictions: number;
}

export function createSeen(max: number = DEFAULT_SEEN_MAX): Seen {
  if (!Number.isInteger(max) || max < 1) {
    throw new RangeError(`seen memory needs a whole number of at least 1, got ${max}`);
  }
  // A Map iterates in order of insertion: re-inserting on use makes its first entry the oldest.
  const customers = new Map<ConversationId, ParticipantId | undefined>();
  let evictions = 0;

  const put = (id: ConversationId, customerId: ParticipantId | undefined): void => {
    customers.delete(id);
    customers.set(id, customerId);
  };

  return {
    status(id, customerId) {
      if (!customers.has(id)) return 'new';
      const known = customers.get(id);
      // Taken before its customer was known: the first one to show is not a change.
      put(id, known ?? customerId);
      const unchanged = customerId === undefined || known === undefined || known === customerId;
      return unchanged ? 'known' : 'customer-changed';
    },
    remember(id, customerId) {
      put(id, customerId ?? customers.get(id));
      if (customers.size <= max) return;
      for (const oldest of customers.keys()) {
        customers.delete(oldest);
        evictions += 1;
        return;
      }
    },
    get size() {
      return customers.size;
    },
    get evictions() {
      return evictions;
    },
  };
}
