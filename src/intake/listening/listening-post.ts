import type { ConversationId } from '../../domain/ids.ts';
import { Listener, type FollowOptions, type ListenerCounts } from './listener.ts';

export interface ListeningPostOptions {
  readonly createListener: () => Listener;
  /** Called each time everything is listened to, after a time in which nothing here was. Epoch milliseconds. */
  readonly onLive: (liveAtMs: number) => void;
}

const NOBODY: ListenerCounts = {
  channels: 0,
  topics: 0,
  followed: 0,
  notFollowed: 0,
  letGo: 0,
  frames: 0,
  unreadableFrames: 0,
  failedFrames: 0,
  losses: 0,
  requests: 0,
  inBandMessages: 0,
};

/**
 * Where this instance listens, while it is its turn. Of several instances one listens to a set of
 * queues, since two would take every frame twice; another takes over when it is gone. Meanwhile the
 * others follow nothing, and prove by reading.
 */
export class ListeningPost {
  readonly #options: ListeningPostOptions;
  readonly #firstLive = Promise.withResolvers<void>();
  #listener: Listener | undefined;

  constructor(options: ListeningPostOptions) {
    this.#options = options;
  }

  /** Listens until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    await using listener = this.#options.createListener();
    this.#listener = listener;
    try {
      const relieved = new Promise<undefined>((resolve) => {
        signal.addEventListener('abort', () => resolve(undefined), { once: true });
      });
      const liveAtMs = await Promise.race([listener.ready(), relieved]);
      if (liveAtMs === undefined) return;
      this.#options.onLive(liveAtMs);
      this.#firstLive.resolve();
      await relieved;
    } finally {
      this.#listener = undefined;
    }
  }

  /** Resolves when this instance has listened to everything for the first time. */
  get firstLive(): Promise<void> {
    return this.#firstLive.promise;
  }

  /** Whether it is this instance's turn. */
  get isManned(): boolean {
    return this.#listener !== undefined;
  }

  /** Whether this instance listens to everything right now. */
  get isLive(): boolean {
    return this.#listener?.isLive ?? false;
  }

  /** Until when this instance heard everything (epoch milliseconds); undefined when it is not its turn. */
  get heardUntilMs(): number | undefined {
    return this.#listener?.heardUntilMs;
  }

  get counts(): ListenerCounts {
    return this.#listener?.counts ?? NOBODY;
  }

  isFollowed(conversationId: ConversationId): boolean {
    return this.#listener?.isFollowed(conversationId) ?? false;
  }

  isCovered(conversationId: ConversationId): boolean {
    return this.#listener?.isCovered(conversationId) ?? false;
  }

  follow(conversationId: ConversationId, options?: FollowOptions): boolean {
    return this.#listener?.follow(conversationId, options) ?? false;
  }

  unfollow(conversationId: ConversationId): void {
    this.#listener?.unfollow(conversationId);
  }
}
