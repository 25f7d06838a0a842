import type { ConversationId } from '../../domain/ids.ts';
import { detailEventTopic } from '../../domain/topic.ts';
import type { ChannelCounts, ChannelState } from '../channel/channel-state.ts';
import { NotificationChannel, type ChannelOptions } from '../channel/channel.ts';
import type { TopicVerdict } from '../channel/ports.ts';
import { MAX_TOPICS_PER_CHANNEL } from '../channel/topic-set.ts';

/**
 * Channels that one user or OAuth client may have; a further one silently ends the least recently
 * used. Source: the platform's notification documentation, checked 2026-11-20.
 */
export const MAX_CHANNELS_PER_CLIENT = 20;

export interface ListenerOptions extends Omit<ChannelOptions, 'onState'> {
  /** Topics that are always wanted: those of queues and users. */
  readonly topics: readonly string[];
  /** Detail events to follow conversations by; none means that `follow` does nothing. */
  readonly followEvents: readonly string[];
  /** Most channels to open, 1 to 20; every instance on the same OAuth client shares the platform's 20. */
  readonly maxChannels: number;
}

export interface ListenerCounts extends ChannelCounts {
  /** Channels that deliver at this moment: none while one is being opened. */
  readonly channels: number;
  readonly topics: number;
  readonly followed: number;
  /** Conversations that could not be followed; proof reads cover them. */
  readonly notFollowed: number;
  /** Conversations that were let go to make room, over all. When it grows fast, allow more channels. */
  readonly letGo: number;
}

export interface FollowOptions {
  readonly isShown?: boolean | undefined;
}

interface Followed {
  /** Undefined when only a standing topic shows it. */
  readonly channel: NotificationChannel | undefined;
  isShown: boolean;
}

/** Conversations that are followed at most, whatever they are followed by. */
const MAX_FOLLOWED = 50_000;

/**
 * How much of what is followed is let go when there is no room, as a share: a channel that is full gives
 * a topic's place away only by a request that puts all its topics again.
 */
const SHARE_LET_GO = 0.05;

/** Spreads topics over as few channels as hold them, and follows conversations as they come and go. */
export class Listener implements AsyncDisposable {
  readonly #options: ListenerOptions;
  readonly #standing: readonly NotificationChannel[];
  readonly #extra = new Set<NotificationChannel>();
  readonly #followed = new Map<ConversationId, Followed>();
  readonly #closing = new Set<Promise<void>>();
  #notFollowed = 0;
  #letGo = 0;
  #isClosed = false;

  /** @throws {RangeError} when the standing topics need more channels than there may be */
  constructor(options: ListenerOptions) {
    const { topics, maxChannels } = options;
    const needed = Math.ceil(topics.length / MAX_TOPICS_PER_CHANNEL);
    if (needed > maxChannels) {
      throw new RangeError(
        `${topics.length} topics need ${needed} channels, and ${maxChannels} are allowed`,
      );
    }
    this.#options = options;
    this.#standing = Array.from(
      { length: needed },
      (_, n) =>
        new NotificationChannel(
          options,
          topics.slice(n * MAX_TOPICS_PER_CHANNEL, (n + 1) * MAX_TOPICS_PER_CHANNEL),
        ),
    );
  }

  /** Resolves when all standing topics are listened to, with that instant (epoch milliseconds). */
  async ready(): Promise<number> {
    const instants = await Promise.all(this.#standing.map((channel) => channel.firstLive));
    return Math.max(0, ...instants);
  }

  /** Whether every standing topic is listened to right now. */
  get isLive(): boolean {
    return this.#standing.every((channel) => channel.isLive);
  }

  /** Until when every standing topic was heard (epoch milliseconds); undefined while one cannot say. */
  get heardUntilMs(): number | undefined {
    const instants = this.#standing.flatMap((channel) => channel.heardUntilMs ?? []);
    const isKnown = instants.length === this.#standing.length && instants.length > 0;
    return isKnown ? Math.min(...instants) : undefined;
  }

  get states(): readonly ChannelState[] {
    return this.#channels.map((channel) => channel.state);
  }

  /** Topics that the platform refuses, with its reasons. */
  get rejected(): readonly TopicVerdict[] {
    return this.#channels.flatMap((channel) => [...channel.rejected.values()]);
  }

  get counts(): ListenerCounts {
    const sum = (pick: (channel: NotificationChannel) => number): number =>
      this.#channels.reduce((total, channel) => total + pick(channel), 0);
    return {
      channels: this.#channels.filter((channel) => channel.isLive).length,
      topics: sum((channel) => channel.topicCount),
      followed: this.#followed.size,
      notFollowed: this.#notFollowed,
      letGo: this.#letGo,
      frames: sum(({ counts }) => counts.frames),
      unreadableFrames: sum(({ counts }) => counts.unreadableFrames),
      failedFrames: sum(({ counts }) => counts.failedFrames),
      losses: sum(({ counts }) => counts.losses),
      requests: sum(({ counts }) => counts.requests),
      inBandMessages: sum(({ counts }) => counts.inBandMessages),
    };
  }

  isFollowed(conversationId: ConversationId): boolean {
    return this.#followed.has(conversationId);
  }

  /** Whether what is written to this conversation now will be seen on an open socket. */
  isCovered(conversationId: ConversationId): boolean {
    const followed = this.#followed.get(conversationId);
    if (followed === undefined) return false;
    if (followed.isShown && this.isLive) return true;
    return followed.channel?.delivers(this.#topicsOf(conversationId)) ?? false;
  }

  /**
   * Listens to one conversation's detail events. `isShown` says that a standing topic shows the
   * conversation anyway. When there is no room, those that are followed longest are let go, since
   * not every conversation tells us of its end.
   *
   * @returns false when it cannot be followed at all
   */
  follow(conversationId: ConversationId, { isShown = false }: FollowOptions = {}): boolean {
    if (this.#isClosed) return false;
    const known = this.#followed.get(conversationId);
    if (known !== undefined) {
      known.isShown ||= isShown;
      return true;
    }
    const topics = this.#topicsOf(conversationId);
    const channel = topics.length === 0 ? undefined : this.#makeRoom(topics.length);
    if (channel === undefined && !isShown) {
      this.#notFollowed += 1;
      return false;
    }
    if (this.#followed.size >= MAX_FOLLOWED) this.#letGoOldest(1);
    channel?.want(topics);
    this.#followed.set(conversationId, { channel, isShown });
    return true;
  }

  unfollow(conversationId: ConversationId): void {
    const channel = this.#release(conversationId);
    if (channel?.topicCount === 0 && this.#extra.delete(channel)) this.#close(channel);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    for (const channel of this.#channels) this.#close(channel);
    await Promise.all(this.#closing);
  }

  get #channels(): readonly NotificationChannel[] {
    return [...this.#standing, ...this.#extra];
  }

  #topicsOf(conversationId: ConversationId): string[] {
    return this.#options.followEvents.map((event) => detailEventTopic(conversationId, event));
  }

  #makeRoom(topicCount: number): NotificationChannel | undefined {
    for (;;) {
      const existing = this.#channels.find((channel) => channel.room >= topicCount);
      if (existing !== undefined) return existing;
      if (this.#channels.length < this.#options.maxChannels) {
        const channel = new NotificationChannel(this.#options);
        this.#extra.add(channel);
        return channel;
      }
      if (this.#followed.size === 0) return undefined;
      this.#letGoOldest(Math.ceil(this.#followed.size * SHARE_LET_GO));
    }
  }

  #letGoOldest(count: number): void {
    let left = count;
    for (const oldest of this.#followed.keys()) {
      if (left === 0) return;
      this.#release(oldest);
      this.#letGo += 1;
      left -= 1;
    }
  }

  #release(conversationId: ConversationId): NotificationChannel | undefined {
    const channel = this.#followed.get(conversationId)?.channel;
    this.#followed.delete(conversationId);
    channel?.drop(this.#topicsOf(conversationId));
    return channel;
  }

  #close(channel: NotificationChannel): void {
    const done = channel[Symbol.asyncDispose]().finally(() => this.#closing.delete(done));
    this.#closing.add(done);
  }
}
