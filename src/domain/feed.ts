import type { ConversationId } from './ids.ts';

/** One event of one conversation, numbered from 1 without gaps. */
export interface FeedEvent {
  readonly conversationId: ConversationId;
  readonly n: number;
  readonly kind: string;
  readonly body: unknown;
  /** Epoch milliseconds of the store's clock. */
  readonly at: number;
}

export interface FeedPage {
  readonly events: readonly FeedEvent[];
  /** Number of the oldest event that is still kept; a reader who is behind it has missed some. */
  readonly oldest: number | undefined;
}
