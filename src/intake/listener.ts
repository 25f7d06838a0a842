import type { ConversationId } from '../domain/ids.ts';
import { detailEventTopic } from '../domain/topic.ts';
import type { ChannelCounts, ChannelState } from './channel/channel-state.ts';
import { NotificationChannel, type ChannelOptions } from './channel/channel.ts';
import type { TopicVerdict } from './channel/ports.ts';
import { MAX_TOPICS_PER_CHANNEL } from './channel/topic-set.ts';

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
  readonly channels: number;
  readonly topics: number;
  readonly followed: number;
  /** Conversations that could not be followed since there was no room; proof reads cover them. */
  readonly notFollowed: number;
}

/** Spreads topics over as few channels as hold them, and follows conversations as they come and go. */
export class Listener implements AsyncDisposable {
  readonly #options: ListenerOptions;
  readonly #standing: readonly NotificationChannel[];
  readonly #extra = new Set<NotificationChannel>();
  readonly #followed = new Map<ConversationId, NotificationChannel>();
  readonly #closing = new Set<Promise<void>>();
  #notFollowed = 0;
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
    return this.#standing.every(({ state }) => state.kind === 'live' || state.kind === 'renewing');
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
      channels: this.#channels.length,
      topics: sum((channel) => channel.topicCount),
      followed: this.#followed.size,
      notFollowed: this.#notFollowed,
      frames: sum(({ counts }) => counts.frames),
      unreadableFrames: sum(({ counts }) => counts.unreadableFrames),
      failedFrames: sum(({ counts }) => counts.failedFrames),
      losses: sum(({ counts }) => counts.losses),
      requests: sum(({ counts }) => counts.requests),
      inBandMessages: sum(({ counts }) => counts.inBandMessages),
    };
  }

  /** Whether this conversation's detail events are asked for, and its channel delivers. */
  isFollowed(conversationId: ConversationId): boolean {
    const state = this.#followed.get(conversationId)?.state.kind;
    return state === 'live' || state === 'renewing';
  }

  /** Listens to one conversation's detail events; false when there is no room for them. */
  follow(conversationId: ConversationId): boolean {
    if (this.#isClosed || this.#followed.has(conversationId)) return true;
    const topics = this.#topicsOf(conversationId);
    if (topics.length === 0) return true;
    const channel = this.#channelWithRoom(topics.length);
    if (channel === undefined) {
      this.#notFollowed += 1;
      return false;
    }
    channel.want(topics);
    this.#followed.set(conversationId, channel);
    return true;
  }

  unfollow(conversationId: ConversationId): void {
    const channel = this.#followed.get(conversationId);
    if (channel === undefined) return;
    this.#followed.delete(conversationId);
    channel.drop(this.#topicsOf(conversationId));
    if (channel.topicCount === 0 && this.#extra.delete(channel)) this.#close(channel);
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

  #channelWithRoom(topicCount: number): NotificationChannel | undefined {
    const existing = this.#channels.find((channel) => channel.room >= topicCount);
    if (existing !== undefined || this.#channels.length >= this.#options.maxChannels) {
      return existing;
    }
    const channel = new NotificationChannel(this.#options);
    this.#extra.add(channel);
    return channel;
  }

  #close(channel: NotificationChannel): void {
    const done = channel[Symbol.asyncDispose]().finally(() => this.#closing.delete(done));
    this.#closing.add(done);
  }
}
