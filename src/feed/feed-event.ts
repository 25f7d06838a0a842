import type { FeedEvent, FeedPage } from '../domain/feed.ts';
import type { ConversationId } from '../domain/ids.ts';

/** Where events are kept. The ledger is one. */
export interface FeedSource {
  /** The source's own clock, epoch milliseconds. */
  now(): number;
  feedAfter(
    id: ConversationId,
    after: number,
    page?: { readonly limit?: number | undefined },
  ): Promise<FeedPage>;
  /** A hint that a conversation has new events; it may be lost. Returns how to stop. */
  onFeed(listener: (id: ConversationId) => void): () => void;
}

/** What a reader gets. `id` is what to resume after. */
export type FeedItem =
  | { readonly kind: 'event'; readonly id: string; readonly event: FeedEvent }
  /** Events that are kept no more, or that this reader was too slow for: read the state anew. */
  | { readonly kind: 'gap'; readonly id: string; readonly missed: number | undefined }
  /** Nothing happened for a while; the stream is alive. */
  | { readonly kind: 'heartbeat' };
