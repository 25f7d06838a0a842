import { randomUUID } from 'node:crypto';
import type { Client, Notification } from 'pg';
import { levelOf, messageOf } from '../../domain/errors.ts';
import { backoffMs } from '../../lib/backoff.ts';
import type { Clock, Timer } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { readFailed } from '../errors.ts';
import type { StoreSignal } from '../sql/store.ts';
import { DUE_CHANNEL, FEED_CHANNEL } from './notifier.ts';

/** How often the session is asked whether it still lives, in milliseconds. */
const CHECK_MS = 10_000;
const RECONNECT = { baseMs: 250, maxMs: 5_000 };

export interface HearingOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly connect: () => Client;
}

/**
 * One session that listens, for as long as the store is open. When it breaks it is built again, and
 * since hints were missed meanwhile, every listener is then told that something may be due. The
 * session also tells how far the server's clock is from ours.
 */
export class Hearing implements AsyncDisposable {
  /** Names this process in its own notifications. */
  readonly sender: string = randomUUID();
  readonly #options: HearingOptions;
  readonly #listeners = new Set<(signal: StoreSignal) => void>();
  #client: Client | undefined;
  #timer: Timer | undefined;
  #isClosed = false;
  #failures = 0;
  /** Server's clock minus ours, in milliseconds. */
  #offsetMs = 0;

  constructor(options: HearingOptions) {
    this.#options = options;
  }

  /** The server's clock as far as this process knows it. */
  serverNow(): number {
    return Math.floor(this.#options.clock.wallMs() + this.#offsetMs);
  }

  subscribe(listener: (signal: StoreSignal) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async start(): Promise<void> {
    const client = this.#options.connect();
    client.on('notification', (notification) => this.#onNotification(notification));
    client.on('error', (error) => this.#lost(client, error));
    client.on('end', () => this.#lost(client, new Error('the session ended')));
    try {
      await client.connect();
      await client.query(`listen ${DUE_CHANNEL}`);
      await client.query(`listen ${FEED_CHANNEL}`);
      await this.#setClock(client);
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
    if (this.#isClosed) {
      await client.end();
      return;
    }
    this.#client = client;
    this.#failures = 0;
    this.#timer = this.#options.clock.timer(CHECK_MS, () => void this.#check(client));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    const client = this.#client;
    this.#client = undefined;
    await client?.end();
  }

  async #check(client: Client): Promise<void> {
    try {
      await this.#setClock(client);
    } catch (error) {
      this.#lost(client, error);
      return;
    }
    if (this.#client === client) {
      this.#timer = this.#options.clock.timer(CHECK_MS, () => void this.#check(client));
    }
  }

  async #setClock(client: Client): Promise<void> {
    const { clock } = this.#options;
    const sentAt = clock.wallMs();
    const { rows } = await client.query<{ now: string }>(
      `select cast(extract(epoch from clock_timestamp()) * 1000 as bigint) as now`,
    );
    const halfway = (sentAt + clock.wallMs()) / 2;
    if (rows[0] !== undefined) this.#offsetMs = Number(rows[0].now) - halfway;
  }

  #lost(client: Client, error: unknown): void {
    if (this.#isClosed || this.#client !== client) return;
    this.#client = undefined;
    this.#timer?.cancel();
    this.#options.log.debug('ledger.hearing-lost', { reason: messageOf(error) });
    // What the old session still does is of no interest; it may take long to notice that it is dead.
    client.end().catch(() => undefined);
    this.#reconnectLater();
  }

  #reconnectLater(): void {
    const { clock, random } = this.#options;
    this.#failures += 1;
    this.#timer = clock.timer(
      backoffMs(this.#failures, RECONNECT, random),
      () => void this.#reconnect(),
    );
  }

  async #reconnect(): Promise<void> {
    try {
      await this.start();
    } catch (error) {
      const failed = readFailed(error, 'postgres');
      this.#options.log[levelOf(failed, 'warn')]('ledger.hearing-failed', {
        reason: messageOf(error),
      });
      if (!this.#isClosed) this.#reconnectLater();
      return;
    }
    this.#options.log.debug('ledger.hearing-back');
    this.#tell({ kind: 'due' });
  }

  #onNotification(notification: Notification): void {
    const [sender, ...ids] = (notification.payload ?? '').split(' ');
    if (sender === this.sender) return;
    if (notification.channel === DUE_CHANNEL) this.#tell({ kind: 'due' });
    for (const conversationId of ids) this.#tell({ kind: 'feed', conversationId });
  }

  #tell(signal: StoreSignal): void {
    for (const listener of this.#listeners) listener(signal);
  }
}
