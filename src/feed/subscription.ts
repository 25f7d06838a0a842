import type { FeedItem } from './feed-event.ts';

/** Where a subscription's items come from. It holds a position, and nothing else per reader. */
export interface Cursor {
  /** The next items, or none when the reader has everything. Rejects when they could not be read. */
  read(): Promise<readonly FeedItem[]>;
}

export interface SubscriptionOptions {
  readonly cursor: Cursor;
  readonly onEnd: () => void;
  /** The reader is told that it missed events; how many, where it is known. */
  readonly onGap: (missed: number | undefined) => void;
  /** A read failed. It is tried again at the next news or heartbeat, from the same place. */
  readonly onError: (error: unknown) => void;
}

/**
 * One open stream. It buffers nothing: a reader who is slow leaves its events where they are, and
 * picks them up (or is told of a gap) when it asks again. So thousands of idle ones cost little.
 */
export class Subscription implements AsyncIterableIterator<FeedItem> {
  readonly #options: SubscriptionOptions;
  #items: readonly FeedItem[] = [];
  #index = 0;
  #hasNews = true;
  #hasBeat = false;
  #wake: (() => void) | undefined;
  #ended = false;
  #mustRetry = false;

  constructor(options: SubscriptionOptions) {
    this.#options = options;
  }

  /** There may be something new to read. */
  notify(): void {
    this.#hasNews = true;
    this.#resume();
  }

  /** Lets an idle reader show that it is alive; a busy one needs no heartbeat. */
  beat(): void {
    this.#hasBeat = true;
    this.#hasNews ||= this.#mustRetry;
    this.#resume();
  }

  async next(): Promise<IteratorResult<FeedItem, undefined>> {
    while (!this.#ended) {
      const item = this.#items[this.#index];
      if (item !== undefined) {
        this.#index += 1;
        this.#hasBeat = false;
        if (item.kind === 'gap') this.#options.onGap(item.missed);
        return { value: item, done: false };
      }
      if (this.#hasNews) {
        await this.#read();
        continue;
      }
      if (this.#hasBeat) {
        this.#hasBeat = false;
        return { value: { kind: 'heartbeat' }, done: false };
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return { value: undefined, done: true };
  }

  async return(): Promise<IteratorResult<FeedItem, undefined>> {
    this.end();
    return { value: undefined, done: true };
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#items = [];
    this.#options.onEnd();
    this.#resume();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #read(): Promise<void> {
    this.#hasNews = false;
    this.#mustRetry = false;
    this.#index = 0;
    this.#items = [];
    try {
      this.#items = await this.#options.cursor.read();
      // A page may not have been all.
      if (this.#items.length > 0) this.#hasNews = true;
    } catch (error) {
      this.#mustRetry = true;
      this.#options.onError(error);
    }
  }

  #resume(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
