import type { FeedEvent } from '../domain/feed.ts';
import type { ConversationId } from '../domain/ids.ts';
import type { FeedItem, FeedSource } from './feed-event.ts';
import type { Cursor, Subscription } from './subscription.ts';

const PAGE = 100;
/** Conversations read at once: a source that is far away is asked in one breath, not one by one. */
const READ_AT_ONCE = 64;
/** Kind of an event whose content is gone; it keeps its place, for the numbers of those after it. */
const ERASED = 'erased';

export interface AllRingOptions {
  readonly source: FeedSource;
  /** Events kept for readers of all conversations. A reader further behind than this is told of a gap. */
  readonly size: number;
  /** Conversations whose last number is remembered, while anybody reads all of them. */
  readonly maxPositions: number;
  /** Tells this ring from that of another instance or another start, whose numbers mean nothing here. */
  readonly epoch: string;
  readonly onError: (error: unknown) => void;
}

/** The last events of all conversations, in the order in which this instance learned of them. */
export class AllRing {
  readonly subscriptions: Set<Subscription> = new Set();
  readonly #options: AllRingOptions;
  readonly #events: FeedEvent[] = [];
  /** Number of the next event. */
  #next = 1;
  /** From this number on, nothing is missing but what the ring had no room for. */
  #wholeFrom = 1;
  /** In the order in which they were last set. */
  readonly #positions = new Map<ConversationId, number>();
  readonly #stale = new Set<ConversationId>();
  #isReading = false;
  #reading: Promise<void> | undefined;
  /** Events of a conversation without a position count as new from this instant on (source's clock). */
  #newSinceMs = 0;

  constructor(options: AllRingOptions) {
    this.#options = options;
  }

  /** Nobody listened until now: what is older is not new, and who resumes has missed something. */
  begin(): void {
    this.#positions.clear();
    this.#newSinceMs = this.#options.source.now();
    this.#events.length = 0;
    this.#next += 1;
    this.#wholeFrom = this.#next;
  }

  hint(id: ConversationId): void {
    this.#stale.add(id);
    if (!this.#isReading) this.#reading = this.#read();
  }

  /** Events of these conversations say no more than that they were there. Returns how many did. */
  forget(ids: ReadonlySet<ConversationId>): number {
    let forgotten = 0;
    this.#events.forEach((event, index) => {
      if (!ids.has(event.conversationId) || event.kind === ERASED) return;
      this.#events[index] = { ...event, kind: ERASED, body: null };
      forgotten += 1;
    });
    return forgotten;
  }

  async settled(): Promise<void> {
    await this.#reading;
  }

  /** `after` is the id of an item of this ring; anything else that is not empty begins with a gap. */
  cursor(after: string | undefined): Cursor {
    const from = after === undefined ? this.#next - 1 : this.#parse(after);
    let last = from ?? this.#next - 1;
    let isLost = from === undefined;
    return {
      read: async () => {
        const oldest = this.#next - this.#events.length;
        const items: FeedItem[] = [];
        if (isLost || last + 1 < oldest) {
          const missed = isLost || last + 1 < this.#wholeFrom ? undefined : oldest - last - 1;
          last = Math.max(last, oldest - 1);
          isLost = false;
          items.push({ kind: 'gap', id: this.#idOf(last), missed });
        }
        const start = last + 1 - oldest;
        for (const event of this.#events.slice(start, start + PAGE)) {
          last += 1;
          items.push({ kind: 'event', id: this.#idOf(last), event });
        }
        return items;
      },
    };
  }

  #idOf(n: number): string {
    return `${this.#options.epoch}.${n}`;
  }

  #parse(id: string): number | undefined {
    const [epoch, digits = ''] = id.split('.');
    const n = /^\d{1,15}$/.test(digits) ? Number(digits) : undefined;
    return epoch === this.#options.epoch && n !== undefined && n < this.#next ? n : undefined;
  }

  async #read(): Promise<void> {
    this.#isReading = true;
    while (this.#stale.size > 0) {
      const ids = [...this.#stale].slice(0, READ_AT_ONCE);
      for (const id of ids) this.#stale.delete(id);
      await Promise.all(ids.map((id) => this.#readOne(id).catch(this.#options.onError)));
      // After each few: readers who are told only at the end would find the ring run over.
      for (const subscription of this.subscriptions) subscription.notify();
    }
    this.#isReading = false;
  }

  async #readOne(id: ConversationId): Promise<void> {
    for (;;) {
      const position = this.#positions.get(id);
      const page = await this.#options.source.feedAfter(id, position ?? 0, { limit: PAGE });
      for (const event of page.events) {
        this.#place(id, event.n);
        if (position !== undefined || event.at >= this.#newSinceMs) this.#push(event);
      }
      if (page.events.length < PAGE) return;
    }
  }

  #place(id: ConversationId, n: number): void {
    this.#positions.delete(id);
    this.#positions.set(id, n);
    if (this.#positions.size <= this.#options.maxPositions) return;
    const [oldest] = this.#positions.keys();
    if (oldest !== undefined) this.#positions.delete(oldest);
    this.#newSinceMs = this.#options.source.now();
  }

  #push(event: FeedEvent): void {
    this.#events.push(event);
    this.#next += 1;
    if (this.#events.length > this.#options.size) this.#events.shift();
  }
}
