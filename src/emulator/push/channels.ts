import type { Timer } from '../../lib/clock.ts';
import type { AccessToken } from '../oauth/tokens.ts';
import type { World } from '../world/world.ts';
import { tooManyTopics } from './errors.ts';

// Source of the three: developer centre, notifications pages, checked 2026-11.
export const CHANNELS_PER_OWNER = 20;
export const TOPICS_PER_CHANNEL = 1000;
export const CHANNEL_LIFE_MS: number = 24 * 3_600_000;
/** How long before the end of a channel its socket is told. */
export const CLOSING_NOTICE_MS = 60_000;

/** One notification on its way to a channel. */
export interface Frame {
  readonly topic: string;
  readonly text: string;
  readonly conversationId?: string | undefined;
}

/** The socket of a channel, as far as the channel has to do with it. */
export interface ChannelSocket {
  send(frame: Frame): void;
  /** Ends it from our side, with a closing handshake. */
  close(reason: string): void;
  /** Ends it as a broken network does. */
  cut(): void;
}

export interface ChannelState {
  readonly id: string;
  /** The app, and the user if there is one: channels are limited and listed by this. */
  readonly owner: string;
  readonly token: AccessToken;
  /** Subscribed topic id → the names it stands for. */
  readonly topics: Map<string, readonly string[]>;
  expiresAt: number;
  /** By the monotonic clock. */
  usedMs: number;
  socket: ChannelSocket | undefined;
  timer: Timer | undefined;
}

export const ownerOf = (token: AccessToken): string => `${token.client.id}:${token.userId ?? ''}`;

/** The notification channels and who listens to which topic. */
export class Channels {
  readonly #world: World;
  readonly #channels = new Map<string, ChannelState>();
  readonly #byTopic = new Map<string, Set<ChannelState>>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Opens a channel. The one over the limit pushes out the least recently used, one without a socket first. */
  open(token: AccessToken): ChannelState {
    const owner = ownerOf(token);
    const own = this.of(owner);
    if (own.length >= CHANNELS_PER_OWNER) this.close(leastUsed(own), 'replaced by a newer channel');
    const channel: ChannelState = {
      id: `streaming-emulated-${this.#world.newId()}`,
      owner,
      token,
      topics: new Map(),
      expiresAt: 0,
      usedMs: 0,
      socket: undefined,
      timer: undefined,
    };
    this.#channels.set(channel.id, channel);
    this.extend(channel);
    return channel;
  }

  get(id: string): ChannelState | undefined {
    return this.#channels.get(id);
  }

  /** Every channel, or one owner's; oldest first. */
  of(owner?: string): ChannelState[] {
    const all = [...this.#channels.values()];
    return owner === undefined ? all : all.filter((channel) => channel.owner === owner);
  }

  /** Gives a channel its full life again, as subscribing does. */
  extend(channel: ChannelState): void {
    channel.timer?.cancel();
    channel.expiresAt = this.#world.now() + CHANNEL_LIFE_MS;
    channel.usedMs = this.#world.clock.monotonicMs();
    channel.timer = this.#world.after(CHANNEL_LIFE_MS - CLOSING_NOTICE_MS, () => {
      announceClosing(channel, 'The channel expires.');
      channel.timer = this.#world.after(CLOSING_NOTICE_MS, () => this.close(channel, 'expired'));
    });
  }

  /** Adds topics, or puts them in the place of all others. @throws {PlatformError} 400 when there are too many */
  subscribe(
    channel: ChannelState,
    topics: ReadonlyMap<string, readonly string[]>,
    mode: 'add' | 'replace',
  ): void {
    const wanted = new Map([...(mode === 'add' ? channel.topics : []), ...topics]);
    if (wanted.size > TOPICS_PER_CHANNEL) throw tooManyTopics();
    this.#unlink(channel);
    channel.topics.clear();
    for (const [id, names] of wanted) {
      channel.topics.set(id, names);
      for (const name of names) setOf(this.#byTopic, name).add(channel);
    }
    this.extend(channel);
  }

  close(channel: ChannelState, reason: string): void {
    channel.timer?.cancel();
    this.#unlink(channel);
    this.#channels.delete(channel.id);
    channel.socket?.close(reason);
    channel.socket = undefined;
  }

  /** Who listens to that topic name; often nobody. */
  listeners(name: string): Iterable<ChannelState> {
    return this.#byTopic.get(name) ?? [];
  }

  isHeard(name: string): boolean {
    return this.#byTopic.has(name);
  }

  clear(): void {
    for (const channel of this.#channels.values()) this.close(channel, 'emulator reset');
  }

  #unlink(channel: ChannelState): void {
    for (const name of [...channel.topics.values()].flat()) {
      const listeners = this.#byTopic.get(name);
      listeners?.delete(channel);
      if (listeners?.size === 0) this.#byTopic.delete(name);
    }
  }
}

/** What the platform says about a minute before it drops a socket. */
export function announceClosing(channel: ChannelState, message: string): void {
  const topic = 'v2.system.socket_closing';
  const eventBody = { channelId: channel.id, message };
  channel.socket?.send({ topic, text: JSON.stringify({ topicName: topic, eventBody }) });
}

function leastUsed(channels: readonly ChannelState[]): ChannelState {
  const unconnected = channels.filter((channel) => channel.socket === undefined);
  const candidates = unconnected.length > 0 ? unconnected : channels;
  return candidates.reduce((least, channel) => (channel.usedMs < least.usedMs ? channel : least));
}

function setOf<T>(map: Map<string, Set<T>>, key: string): Set<T> {
  const known = map.get(key);
  if (known !== undefined) return known;
  const created = new Set<T>();
  map.set(key, created);
  return created;
}
