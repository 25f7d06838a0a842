/**
 * Hands the numbered events of conversations to desktops and consoles.
 *
 * Nothing is buffered per reader: a stream is a position. A reader of one conversation reads from
 * what its readers share, else from the source, so being slow costs it nothing as long as the source
 * keeps the events. A reader of all conversations reads from one bounded ring; one that falls further
 * behind loses the oldest events first. Either is told of what it missed by a `gap` item, after
 * which it reads the state anew, and every item's id resumes the stream after it.
 */
import type { ConversationId } from '../domain/ids.ts';
import { levelOf, messageOf } from '../domain/errors.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { AllRing } from './all-ring.ts';
import { ConversationTail } from './conversation-tail.ts';
import type { FeedSource } from './feed-event.ts';
import { Subscription, type Cursor } from './subscription.ts';

/** Heartbeats after which every followed conversation was looked at once, hint or no hint. */
const POLL_BEATS = 8;

export interface FeedOptions {
  readonly source: FeedSource;
  readonly clock: Clock;
  readonly log: Log;
  /** A new text with every start. */
  readonly epoch: string;
  /** @defaultValue 15,000 ms, below the 30 to 60 s after which proxies drop a silent stream */
  readonly heartbeatMs?: number | undefined;
  /** Events kept for readers of all conversations. @defaultValue 4096 */
  readonly ringSize?: number | undefined;
  /**
   * Conversations whose last number is remembered for readers of all; an event of another one counts as
   * new only if it is younger than the last that was forgotten. @defaultValue 100,000
   */
  readonly maxPositions?: number | undefined;
  /** Streams open at once. @defaultValue 10,000 */
  readonly maxStreams?: number | undefined;
}

export interface Feed extends AsyncDisposable {
  /**
   * One conversation's events after number `after`; without it, all that are kept, then what comes.
   * Undefined when too many streams are open.
   */
  conversation(id: ConversationId, after?: number): Subscription | undefined;
  /** The events of all conversations after item `after`; without it, what comes from now on. */
  all(after?: string): Subscription | undefined;
  readonly counts: FeedCounts;
  /** Has every idle stream send a heartbeat at once, so that its sender asks whether it may go on. */
  beat(): void;
  /** Forgets what is remembered of conversations whose customer is erased; returns how many events. */
  forget(ids: ReadonlySet<ConversationId>): number;
}

/** Counted since the start, but for `open`. */
export interface FeedCounts {
  /** Streams that are open. */
  readonly open: number;
  /** Times that a reader was told of a gap. */
  readonly gaps: number;
  /** Events that those readers did not get, where it is known how many. */
  readonly dropped: number;
}

export function createFeed(options: FeedOptions): Feed {
  return new FeedHub(options);
}

interface Opening {
  readonly cursor: () => Cursor;
  readonly onFirst: () => void;
  readonly onLast: () => void;
}

class FeedHub implements Feed {
  readonly #options: FeedOptions;
  readonly #heartbeatMs: number;
  readonly #tails = new Map<ConversationId, ConversationTail>();
  readonly #ring: AllRing;
  readonly #stopListening: () => void;
  #timer: Timer | undefined;
  #beats = 0;
  #openStreams = 0;
  #gaps = 0;
  #dropped = 0;
  #isClosed = false;

  constructor(options: FeedOptions) {
    const { source, epoch, ringSize: size = 4096, heartbeatMs = 15_000 } = options;
    const { maxPositions = 100_000 } = options;
    this.#options = options;
    this.#heartbeatMs = heartbeatMs;
    this.#ring = new AllRing({ source, epoch, size, maxPositions, onError: this.#onError });
    this.#stopListening = source.onFeed((id) => {
      this.#tails.get(id)?.refresh();
      if (this.#ring.subscriptions.size > 0) this.#ring.hint(id);
    });
  }

  get counts(): FeedCounts {
    return { open: this.#openStreams, gaps: this.#gaps, dropped: this.#dropped };
  }

  conversation(id: ConversationId, after?: number): Subscription | undefined {
    const tail =
      this.#tails.get(id) ?? new ConversationTail(id, this.#options.source, this.#onError);
    return this.#open(tail.subscriptions, {
      cursor: () => tail.cursor(after),
      onFirst: () => this.#tails.set(id, tail),
      onLast: () => this.#tails.delete(id),
    });
  }

  all(after?: string): Subscription | undefined {
    return this.#open(this.#ring.subscriptions, {
      cursor: () => this.#ring.cursor(after),
      onFirst: () => this.#ring.begin(),
      onLast: () => undefined,
    });
  }

  beat(): void {
    for (const { subscriptions } of [...this.#tails.values(), this.#ring]) {
      for (const subscription of subscriptions) subscription.beat();
    }
  }

  forget(ids: ReadonlySet<ConversationId>): number {
    let forgotten = this.#ring.forget(ids);
    for (const id of ids) forgotten += this.#tails.get(id)?.forget() ?? 0;
    return forgotten;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#stopListening();
    this.#timer?.cancel();
    const tails = [...this.#tails.values()];
    for (const { subscriptions } of [...tails, this.#ring]) {
      for (const subscription of subscriptions) subscription.end();
    }
    await Promise.all([...tails, this.#ring].map((each) => each.settled()));
  }

  #open(group: Set<Subscription>, how: Opening): Subscription | undefined {
    if (this.#isClosed || this.#openStreams >= (this.#options.maxStreams ?? 10_000)) {
      return undefined;
    }
    if (group.size === 0) how.onFirst();
    const subscription: Subscription = new Subscription({
      cursor: how.cursor(),
      onError: this.#onError,
      onGap: (missed) => {
        this.#gaps += 1;
        this.#dropped += missed ?? 0;
      },
      onEnd: () => {
        group.delete(subscription);
        this.#openStreams -= 1;
        if (group.size === 0) how.onLast();
      },
    });
    group.add(subscription);
    this.#openStreams += 1;
    this.#timer ??= this.#armTimer();
    return subscription;
  }

  #armTimer(): Timer {
    return this.#options.clock.timer(this.#heartbeatMs, () => this.#beatOfTimer());
  }

  /** One timer for all streams; it stops when the last one is gone. */
  #beatOfTimer(): void {
    this.#beats += 1;
    let index = 0;
    for (const tail of this.#tails.values()) {
      index += 1;
      // A hint may have been lost on its way from another instance.
      if ((index + this.#beats) % POLL_BEATS === 0) tail.refresh();
    }
    this.beat();
    this.#timer = this.#openStreams > 0 && !this.#isClosed ? this.#armTimer() : undefined;
  }

  readonly #onError = (error: unknown): void => {
    this.#options.log[levelOf(error, 'warn')]('feed.read-failed', { message: messageOf(error) });
  };
}
