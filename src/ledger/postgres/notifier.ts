import type { Clock, Timer } from '../../lib/clock.ts';
import type { StoreSignal } from '../sql/store.ts';

export const DUE_CHANNEL = 'rapport_due';
export const FEED_CHANNEL = 'rapport_feed';

/** Hints of so many milliseconds travel together. */
const GATHER_MS = 10;
/** Most ids in one payload: PostgreSQL allows 8000 bytes, an id has at most 128. */
const MAX_IDS = 50;

export interface NotifierOptions {
  readonly clock: Clock;
  /** Starts every payload, so that an instance knows its own. */
  readonly sender: string;
  readonly send: (channel: string, payload: string) => Promise<void>;
  readonly onError: (error: unknown) => void;
}

/**
 * Tells other instances that something happened, after it was committed and apart from it. A NOTIFY
 * inside a transaction would take one lock for the whole database at every commit, and make all
 * commits of all instances wait for each other's fsync. What is lost by a crash in between, the
 * slow poll finds.
 */
export class Notifier implements AsyncDisposable {
  readonly #options: NotifierOptions;
  readonly #feeds = new Set<string>();
  #isDue = false;
  #timer: Timer | undefined;
  #sending: Promise<void> = Promise.resolve();

  constructor(options: NotifierOptions) {
    this.#options = options;
  }

  publish(signal: StoreSignal): void {
    if (signal.kind === 'due') this.#isDue = true;
    else this.#feeds.add(signal.conversationId);
    this.#timer ??= this.#options.clock.timer(GATHER_MS, () => this.#flush());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#timer !== undefined) {
      this.#timer.cancel();
      this.#flush();
    }
    await this.#sending;
  }

  #flush(): void {
    this.#timer = undefined;
    const payloads: [string, string][] = this.#isDue ? [[DUE_CHANNEL, this.#options.sender]] : [];
    const ids = [...this.#feeds];
    for (let i = 0; i < ids.length; i += MAX_IDS) {
      const payload = [this.#options.sender, ...ids.slice(i, i + MAX_IDS)].join(' ');
      payloads.push([FEED_CHANNEL, payload]);
    }
    this.#isDue = false;
    this.#feeds.clear();
    this.#sending = Promise.all([
      this.#sending,
      ...payloads.map(([channel, payload]) => this.#options.send(channel, payload)),
    ]).then(() => undefined, this.#options.onError);
  }
}
