/**
 * Keeps one notification channel alive and the wanted topics on it.
 *
 * The channel is in one of these states:
 * - `connecting`: the platform's channel is made or found again, its topics are put, and a socket
 *   is being opened; nothing is delivered.
 * - `live`: frames flow. Topics come and go. Silence is asked about and, unanswered, moves to `lost`.
 * - `renewing`: still live, while the topics are put again before the platform's 24 hours are over.
 * - `lost`: waiting out the backoff. Frames may have been missed since the last one was heard, so
 *   the next `live` reports that interval as a gap.
 * - `closed`: disposed; for good.
 *
 * Only `#enter` changes the state. Every `lost` is followed by exactly one `connecting`, or by `closed`.
 * When the platform announces that it will close the socket, a second one is opened first; that the
 * platform then drops the old one is not a loss. A channel whose socket somebody else keeps taking is
 * left to them, and a new one is made.
 */
import { levelOf, messageOf } from '../../domain/errors.ts';
import { backoffMs } from '../../lib/backoff.ts';
import { sleep, type Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import {
  CHANNEL_TIMING,
  type ChannelCounts,
  type ChannelState,
  type ChannelTiming,
  type LossReason,
} from './channel-state.ts';
import { createFramePump, type FramePump } from './frame-pump.ts';
import type {
  ConnectSocket,
  Gap,
  NotificationsPort,
  PlatformChannel,
  TopicVerdict,
} from './ports.ts';
import { createRenewal, type Renewal } from './renewal.ts';
import { retryAfterOf } from './retry-after.ts';
import { Session } from './session.ts';
import { TopicSync } from './topic-sync.ts';

export interface ChannelOptions {
  readonly port: NotificationsPort;
  readonly connect: ConnectSocket;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  /** Called in the order of arrival. When it rejects, the time is reported as a gap. */
  readonly onFrame: (frame: unknown) => Promise<void>;
  readonly onGap: (gap: Gap) => void;
  readonly onState?: ((state: ChannelState) => void) | undefined;
  readonly onRejected?: ((verdicts: readonly TopicVerdict[]) => void) | undefined;
  readonly timing?: Partial<ChannelTiming> | undefined;
}

/** Short lives in a row after which a channel counts as taken by somebody else. */
const MAX_SHORT_LIVES = 2;

export class NotificationChannel implements AsyncDisposable {
  readonly #options: ChannelOptions;
  readonly #timing: ChannelTiming;
  readonly #sync: TopicSync;
  readonly #stop = new AbortController();
  readonly #stopped = Promise.withResolvers<'stopped'>();
  readonly #firstLive = Promise.withResolvers<number>();
  readonly #pump: FramePump;
  readonly #renewal: Renewal;
  readonly #run: Promise<void>;
  readonly #counts = {
    frames: 0,
    unreadableFrames: 0,
    failedFrames: 0,
    losses: 0,
    requests: 0,
    inBandMessages: 0,
  };
  #state: ChannelState = { kind: 'connecting', attempt: 1 };
  #channel: PlatformChannel | undefined;
  #session: Session | undefined;
  #failed = Promise.withResolvers<LossReason>();
  #shortLives = 0;
  /** Since when frames may have been missed; epoch milliseconds. */
  #missingSinceMs: number | undefined;
  #failingSinceMs: number | undefined;

  constructor(options: ChannelOptions, topics: readonly string[] = []) {
    this.#options = options;
    this.#timing = { ...CHANNEL_TIMING, ...options.timing };
    this.#sync = this.#createSync();
    this.#sync.topics.want(topics);
    this.#pump = createFramePump({
      onFrame: options.onFrame,
      onFailure: (error) => this.#noteFailedFrame(error),
      setPaused: (paused) => this.#session?.setPaused(paused),
    });
    this.#renewal = createRenewal({
      clock: options.clock,
      timing: this.#timing,
      onDue: () => this.#sync.renew(),
      onExpired: () => this.#failed.resolve('expired'),
    });
    this.#run = this.#keepAlive();
  }

  get state(): ChannelState {
    return this.#state;
  }

  get counts(): ChannelCounts {
    return { ...this.#counts };
  }

  /** Resolves with the instant (epoch milliseconds) of the first `live`; rejects when closed before it. */
  get firstLive(): Promise<number> {
    return this.#firstLive.promise;
  }

  get topicCount(): number {
    return this.#sync.topics.wanted.size;
  }

  /** How many more topics it can carry. */
  get room(): number {
    return this.#sync.topics.room;
  }

  get rejected(): ReadonlyMap<string, TopicVerdict> {
    return this.#sync.topics.rejected;
  }

  /** Whether it delivers these topics right now. */
  delivers(topics: readonly string[]): boolean {
    return this.isLive && this.#sync.topics.carries(topics);
  }

  get isLive(): boolean {
    return this.#state.kind === 'live' || this.#state.kind === 'renewing';
  }

  /**
   * Until when every frame was taken in, but for those of this moment (epoch milliseconds); undefined
   * while nobody can say: before the first `live`, and while frames pile up.
   */
  get heardUntilMs(): number | undefined {
    if (this.#pump.isPaused) return undefined;
    const heardMs = this.#missingSinceMs ?? this.#session?.lastHeardAtMs;
    if (heardMs === undefined) return undefined;
    return Math.min(heardMs, this.#failingSinceMs ?? heardMs);
  }

  /** Adds topics: on the socket when it is open, with the next connection when it is not. */
  want(topics: readonly string[]): void {
    this.#sync.topics.want(topics);
    this.#sync.start();
  }

  drop(topics: readonly string[]): void {
    this.#sync.topics.drop(topics);
    this.#sync.start();
  }

  /** Stops listening and waits until every frame that was taken is dealt with. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#state.kind === 'closed') return;
    this.#enter({ kind: 'closed' });
    this.#stop.abort(new Error('the notification channel was closed'));
    this.#stopped.resolve('stopped');
    this.#firstLive.promise.catch(() => undefined); // nobody has to wait for it
    this.#firstLive.reject(this.#stop.signal.reason);
    this.#renewal[Symbol.dispose]();
    this.#session?.[Symbol.dispose]();
    await this.#run;
    await this.#sync.settled();
    await this.#pump.idle();
  }

  async #keepAlive(): Promise<void> {
    const { clock, log, random } = this.#options;
    for (let attempt = 1; !this.#isStopped; attempt += 1) {
      let reason: LossReason = 'could-not-connect';
      let waitMs = 0;
      try {
        if (attempt > 1 || this.#counts.losses > 0) this.#enter({ kind: 'connecting', attempt });
        const session = await this.#connect();
        const openedMs = clock.monotonicMs();
        reason = await this.#serve(session);
        if (this.#noteLife(clock.monotonicMs() - openedMs, reason)) attempt = 0;
      } catch (error) {
        if (this.#isStopped) return;
        waitMs = retryAfterOf(error);
        log.warn('channel.connect-failed', { attempt, message: messageOf(error) });
      }
      if (this.#isStopped) return;
      const { backoffBaseMs: baseMs, backoffMaxMs: maxMs } = this.#timing;
      const backoff = backoffMs(Math.max(1, attempt), { baseMs, maxMs }, random);
      const retryInMs = Math.max(waitMs, backoff);
      this.#counts.losses += 1;
      this.#enter({ kind: 'lost', reason, retryInMs });
      await sleep(clock, retryInMs, this.#stop.signal).catch(() => undefined);
    }
  }

  /** Makes or finds the channel, puts its topics, and opens its socket, in that order. */
  async #connect(): Promise<Session> {
    const { port } = this.#options;
    const { signal } = this.#stop;
    if (this.#channel !== undefined) {
      this.#counts.requests += 1;
      if (!(await port.channelExists(this.#channel.id, signal))) this.#channel = undefined;
    }
    const isNew = this.#channel === undefined;
    if (this.#channel === undefined) {
      this.#counts.requests += 1;
      this.#channel = await port.createChannel(signal);
      this.#renewal.restart();
    }
    await this.#sync.prepare(isNew);
    return this.#open(this.#channel);
  }

  #createSync(): TopicSync {
    const { onRejected } = this.#options;
    return new TopicSync({
      ...this.#options,
      timing: this.#timing,
      signal: this.#stop.signal,
      session: () => this.#session,
      channelId: () => this.#channel?.id,
      onCost: (cost) => {
        this.#counts[cost === 'request' ? 'requests' : 'inBandMessages'] += 1;
      },
      onRenewing: () => {
        const { state } = this;
        if (state.kind === 'live') this.#enter({ ...state, kind: 'renewing' });
        return () => {
          if (this.state.kind === 'renewing') this.#enter({ ...this.state, kind: 'live' });
        };
      },
      onPut: () => this.#renewal.restart(),
      onGone: () => this.#failed.resolve('channel-gone'),
      onRejected: (verdicts) => onRejected?.(verdicts),
    });
  }

  #open(channel: PlatformChannel): Promise<Session> {
    const { connect, clock } = this.#options;
    return Session.open(
      {
        uri: channel.connectUri,
        connect,
        clock,
        timing: this.#timing,
        onFrame: (frame) => {
          this.#counts.frames += 1;
          this.#pump.push(frame);
        },
        onUnreadable: () => {
          this.#counts.unreadableFrames += 1;
        },
        onHeartbeat: () => this.#reportFailedFrames(),
      },
      this.#stop.signal,
    );
  }

  /** Live until the socket or the channel is lost. */
  async #serve(first: Session): Promise<LossReason> {
    let session = first;
    this.#failed = Promise.withResolvers<LossReason>();
    this.#goLive(session);
    for (;;) {
      const event = await Promise.race([
        session.lost,
        session.closing,
        this.#failed.promise,
        this.#stopped.promise,
      ]);
      if (event === 'closing') {
        const next = await this.#handOver(session);
        if (next !== undefined) {
          session = next;
          continue;
        }
      }
      this.#session = undefined;
      session[Symbol.dispose]();
      this.#missingSinceMs ??= session.lastHeardAtMs;
      return event === 'closing' || event === 'stopped' ? 'socket-closed' : event;
    }
  }

  #goLive(session: Session): void {
    const nowMs = this.#options.clock.wallMs();
    this.#session = session;
    if (this.#pump.isPaused) session.setPaused(true);
    this.#enter({ kind: 'live', sinceMs: nowMs });
    this.#firstLive.resolve(nowMs);
    if (this.#missingSinceMs !== undefined) this.#report('channel lost', this.#missingSinceMs);
    this.#missingSinceMs = undefined;
    this.#sync.start();
  }

  /** Opens the next socket while the announced end of this one is still ahead. */
  async #handOver(old: Session): Promise<Session | undefined> {
    if (this.#channel === undefined) return undefined;
    try {
      const next = await this.#open(this.#channel);
      const wasGoneBefore = old.isGone;
      this.#session = next;
      if (this.#pump.isPaused) next.setPaused(true);
      old[Symbol.dispose]();
      // The platform drops the old socket as it takes the new one, or dropped it before: not ours to tell.
      if (wasGoneBefore) this.#report('socket handed over', old.lastHeardAtMs);
      return next;
    } catch (error) {
      this.#options.log.warn('channel.hand-over-failed', { message: messageOf(error) });
      return undefined;
    }
  }

  /** Says whether the backoff starts anew, and lets go of a channel that is not ours to have. */
  #noteLife(livedMs: number, reason: LossReason): boolean {
    const wasStable = livedMs >= this.#timing.stableMs;
    this.#shortLives = wasStable || reason !== 'socket-closed' ? 0 : this.#shortLives + 1;
    const isTaken = this.#shortLives >= MAX_SHORT_LIVES;
    if (isTaken) this.#options.log.warn('channel.taken-over', { shortLives: this.#shortLives });
    if (isTaken || reason === 'channel-gone' || reason === 'expired') {
      this.#channel = undefined;
      this.#shortLives = 0;
    }
    return wasStable;
  }

  #noteFailedFrame(error: unknown): void {
    this.#counts.failedFrames += 1;
    this.#failingSinceMs ??= this.#options.clock.wallMs();
    this.#options.log[levelOf(error, 'error')]('channel.frame-failed', {
      message: messageOf(error),
    });
  }

  #reportFailedFrames(): void {
    if (this.#failingSinceMs === undefined) return;
    this.#report('frames could not be taken', this.#failingSinceMs);
    this.#failingSinceMs = undefined;
  }

  #report(reason: string, fromMs: number): void {
    const gap = { fromMs, toMs: this.#options.clock.wallMs(), reason };
    this.#options.log.warn('channel.gap', gap);
    this.#options.onGap(gap);
  }

  get #isStopped(): boolean {
    return this.#stop.signal.aborted;
  }

  #enter(state: ChannelState): void {
    if (this.#state.kind === 'closed') return;
    this.#state = state;
    this.#options.log.info(`channel.${state.kind}`, fieldsOf(state));
    this.#options.onState?.(state);
  }
}

/** Without what the line says already: which state, and when. */
function fieldsOf(state: ChannelState): Readonly<Record<string, unknown>> {
  switch (state.kind) {
    case 'connecting':
      return { attempt: state.attempt };
    case 'lost':
      return { reason: state.reason, retryInMs: state.retryInMs };
    case 'live':
    case 'renewing':
    case 'closed':
      return {};
  }
}
