import type { FeedEvent } from '../domain/feed.ts';
import type { ConversationId } from '../domain/ids.ts';
import type { FeedItem, FeedSource } from './feed-event.ts';
import type { Cursor, Subscription } from './subscription.ts';

/** Events read at once from the source. */
const PAGE = 100;
/** Events of one conversation kept for its readers, so that all of them share one read. */
const RECENT_MAX = 64;

/** The last events of one conversation that somebody follows. */
export class ConversationTail {
  readonly subscriptions: Set<Subscription> = new Set();
  readonly #id: ConversationId;
  readonly #source: FeedSource;
  readonly #onError: (error: unknown) => void;
  #recent: readonly FeedEvent[] = [];
  #isReading = false;
  #reading: Promise<void> | undefined;
  #isStale = false;

  constructor(id: ConversationId, source: FeedSource, onError: (error: unknown) => void) {
    this.#id = id;
    this.#source = source;
    this.#onError = onError;
  }

  /** Reads what is new, once for however many hints and readers, and tells the readers. */
  refresh(): void {
    this.#isStale = true;
    if (!this.#isReading) this.#reading = this.#read();
  }

  /** The source has forgotten its events, too. Returns how many were remembered here. */
  forget(): number {
    const forgotten = this.#recent.length;
    this.#recent = [];
    return forgotten;
  }

  async settled(): Promise<void> {
    await this.#reading;
  }

  /** A position in this conversation; `after` undefined means: whatever is kept, and no talk of a gap. */
  cursor(after: number | undefined): Cursor {
    let last = after ?? 0;
    let mayGap = after !== undefined;
    // A number that a reader brings may be of another store, whose events are gone.
    let isOurs = last === 0;
    const toItem = (event: FeedEvent): FeedItem => {
      last = event.n;
      return { kind: 'event', id: String(event.n), event };
    };
    return {
      read: async () => {
        const first = this.#recent[0];
        if (isOurs && first !== undefined && first.n <= last + 1) {
          return this.#recent.filter((event) => event.n > last).map(toItem);
        }
        // One earlier tells whether there is an event of the number that the reader had last.
        const from = isOurs ? last : last - 1;
        const page = await this.#source.feedAfter(this.#id, from, { limit: PAGE });
        if (!isOurs && page.events.length === 0 && page.oldest !== undefined) {
          isOurs = true;
          last = page.oldest - 1;
          return [{ kind: 'gap', id: String(last), missed: undefined }];
        }
        isOurs ||= page.events.length > 0;
        const missed = (page.oldest ?? 0) - last - 1;
        const gap: FeedItem[] = [];
        if (mayGap && missed > 0) {
          last += missed;
          gap.push({ kind: 'gap', id: String(last), missed });
        }
        mayGap = true;
        return [...gap, ...page.events.filter(({ n }) => n > last).map(toItem)];
      },
    };
  }

  async #read(): Promise<void> {
    this.#isReading = true;
    while (this.#isStale) {
      this.#isStale = false;
      try {
        await this.#extend();
      } catch (error) {
        this.#onError(error);
      }
    }
    this.#isReading = false;
    for (const subscription of this.subscriptions) subscription.notify();
  }

  async #extend(): Promise<void> {
    const last = this.#recent.at(-1);
    // Nothing to extend: each reader starts from its own place in the source.
    if (last === undefined && this.subscriptions.size < 2) return;
    const after = last?.n ?? 0;
    const { events } = await this.#source.feedAfter(this.#id, after, { limit: PAGE });
    // Older ones may have been swept before they were read; a reader behind the hole is told by the source.
    const isWhole = events[0] === undefined || events[0].n === after + 1;
    this.#recent = [...(isWhole ? this.#recent : []), ...events].slice(-RECENT_MAX);
    if (events.length === PAGE) this.#isStale = true;
  }
}
