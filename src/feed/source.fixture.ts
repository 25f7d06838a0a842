import type { FeedEvent, FeedPage } from '../domain/feed.ts';
import type { ConversationId } from '../domain/ids.ts';
import { parseConversationId } from '../domain/ids.ts';
import type { FeedSource } from './feed-event.ts';

/** Events in memory, as a ledger keeps them. */
export class MemoryFeedSource implements FeedSource {
  reads: number = 0;
  readonly failures: Error[] = [];
  readonly #events = new Map<ConversationId, FeedEvent[]>();
  readonly #listeners = new Set<(id: ConversationId) => void>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  now(): number {
    return this.#now();
  }

  /** How many listen; 0 after a clean end. */
  get listeners(): number {
    return this.#listeners.size;
  }

  async feedAfter(
    id: ConversationId,
    after: number,
    page?: { readonly limit?: number | undefined },
  ): Promise<FeedPage> {
    this.reads += 1;
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    const kept = this.#events.get(id) ?? [];
    return {
      events: kept.filter(({ n }) => n > after).slice(0, page?.limit ?? 100),
      oldest: kept[0]?.n,
    };
  }

  onFeed(listener: (id: ConversationId) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  write(conversation: string, options: { readonly hint?: boolean } = {}): void {
    const id = parseConversationId(conversation);
    const kept = this.#events.get(id) ?? [];
    const n = (kept.at(-1)?.n ?? 0) + 1;
    this.#events.set(id, [
      ...kept,
      { conversationId: id, n, kind: 'changed', body: { n }, at: this.now() },
    ]);
    if (options.hint === false) return;
    for (const listener of this.#listeners) listener(id);
  }

  /** Forgets all events of the conversation up to number `n`. */
  sweep(conversation: string, n: number): void {
    const id = parseConversationId(conversation);
    this.#events.set(
      id,
      (this.#events.get(id) ?? []).filter((event) => event.n > n),
    );
  }
}
