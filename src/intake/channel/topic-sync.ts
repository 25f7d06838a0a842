import { messageOf } from '../../domain/errors.ts';
import { backoffMs } from '../../lib/backoff.ts';
import { sleep, type Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { ChannelTiming } from './channel-state.ts';
import { MAX_TOPICS_PER_MESSAGE } from './in-band.ts';
import type { NotificationsPort, TopicVerdict } from './ports.ts';
import { retryAfterOf } from './retry-after.ts';
import type { Session } from './session.ts';
import { TopicSet, type TopicStep } from './topic-set.ts';

export interface TopicSyncOptions {
  readonly port: NotificationsPort;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly timing: ChannelTiming;
  readonly signal: AbortSignal;
  /** The open socket; undefined while there is none, and then nothing is done. */
  readonly session: () => Session | undefined;
  readonly channelId: () => string | undefined;
  /** Called before each request to the platform and each in-band message. */
  readonly onCost: (cost: 'request' | 'in-band') => void;
  /** All topics are being put again; returns what to call when that is over. */
  readonly onRenewing: () => () => void;
  /** All topics were put: the channel's life begins anew. */
  readonly onPut: () => void;
  /** The platform has no such channel any more. */
  readonly onGone: () => void;
  readonly onRejected: (verdicts: readonly TopicVerdict[]) => void;
}

/** Brings a live channel's topics to what is wanted, one step at a time, as often as it takes. */
export class TopicSync {
  readonly topics: TopicSet = new TopicSet();
  readonly #options: TopicSyncOptions;
  #renewalIsDue = false;
  /** Cleared in the same step in which nothing is left to do, so that no `start` falls between. */
  #isRunning = false;
  #run: Promise<void> | undefined;

  constructor(options: TopicSyncOptions) {
    this.#options = options;
  }

  /** Something may have to be done. At most one run is under way. */
  start(): void {
    const { signal, session } = this.#options;
    if (this.#isRunning || session() === undefined || signal.aborted) return;
    this.#isRunning = true;
    this.#run = this.#keepGoing();
  }

  /** Puts all topics again, at the next chance. */
  renew(): void {
    this.#renewalIsDue = true;
    this.start();
  }

  /** Puts, by request, what a socket that is about to be opened must find. */
  async prepare(isNewChannel: boolean): Promise<void> {
    if (isNewChannel) this.topics.forgetCarried();
    if (isNewChannel && this.topics.wanted.size > 0) await this.#request(this.topics.all());
    else await this.#request(this.topics.next());
  }

  async settled(): Promise<void> {
    await this.#run;
  }

  async #keepGoing(): Promise<void> {
    const { clock, random, signal, timing, session: openSession } = this.#options;
    const { backoffBaseMs: baseMs, backoffMaxMs: maxMs } = timing;
    let failures = 0;
    let waitMs = timing.gatherMs;
    for (;;) {
      await sleep(clock, waitMs, signal).catch(() => undefined);
      const session = signal.aborted ? undefined : openSession();
      const step = this.#renewalIsDue ? this.topics.all() : this.topics.next();
      if (session === undefined || step.kind === 'none') {
        this.#isRunning = false;
        return;
      }
      try {
        await this.#apply(step, session);
        failures = 0;
        waitMs = 0;
      } catch (error) {
        failures += 1;
        waitMs = Math.max(retryAfterOf(error), backoffMs(failures, { baseMs, maxMs }, random));
        if (!signal.aborted) await this.#noteFailure(error, waitMs);
      }
    }
  }

  async #apply(step: TopicStep, session: Session): Promise<void> {
    if (step.kind === 'add') {
      await this.#addInBand(step.topics, session);
      return;
    }
    const done = this.#options.onRenewing();
    try {
      await this.#request(step);
    } finally {
      done();
    }
  }

  /** On the socket first, since that costs no request; by request where the socket refuses or is silent. */
  async #addInBand(topics: readonly string[], session: Session): Promise<void> {
    for (let start = 0; start < topics.length; start += MAX_TOPICS_PER_MESSAGE) {
      const chunk = topics.slice(start, start + MAX_TOPICS_PER_MESSAGE);
      const step: TopicStep = { kind: 'add', topics: chunk };
      this.#options.onCost('in-band');
      const answer = await session.inBand.subscribe(chunk, session.signal);
      if (session.isGone) return;
      if (answer === 'channel-gone') {
        this.#options.onGone();
        return;
      }
      if (answer === 'subscribed') this.topics.record(step, []);
      else await this.#request(step);
    }
  }

  async #request(step: TopicStep): Promise<void> {
    const { port, log, signal, channelId, onCost, onPut, onRejected } = this.#options;
    const id = channelId();
    if (step.kind === 'none' || id === undefined) return;
    onCost('request');
    const verdicts =
      step.kind === 'replace'
        ? await port.putTopics(id, step.topics, signal)
        : await port.addTopics(id, step.topics, signal);
    if (step.kind === 'replace') {
      this.#renewalIsDue = false;
      onPut();
    }
    const rejected = this.topics.record(step, verdicts);
    for (const { topic, reason, missingPermissions } of rejected) {
      log.warn('channel.topic-rejected', { topic, reason, missingPermissions });
    }
    if (rejected.length > 0) onRejected(rejected);
  }

  async #noteFailure(error: unknown, retryInMs: number): Promise<void> {
    const { port, log, signal, channelId, onCost, onGone } = this.#options;
    log.warn('channel.subscribe-failed', { retryInMs, message: messageOf(error) });
    const id = channelId();
    if (id === undefined) return;
    onCost('request');
    try {
      if (!(await port.channelExists(id, signal))) onGone();
    } catch (unknown) {
      // It cannot be told, and the socket still delivers: it stays.
      log.debug('channel.check-failed', { message: messageOf(unknown) });
    }
  }
}
