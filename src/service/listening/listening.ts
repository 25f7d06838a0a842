import { isRapportError, messageOf, RapportError } from '../../domain/errors.ts';
import type { ListenTargets } from '../../intake/listening/resolve-listen.ts';
import { abortable } from '../../lib/abort.ts';
import { backoffMs } from '../../lib/backoff.ts';
import { sleep, type Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';

export interface ListeningParts {
  readonly signIn: (signal: AbortSignal) => Promise<void>;
  /** Asks the platform which queues and users the configured names mean. */
  readonly resolve: (signal: AbortSignal) => Promise<ListenTargets>;
  /** Has this instance listen to them, when it is its turn. */
  readonly standFor: (targets: ListenTargets) => AsyncDisposable;
  /** Resolves once nothing that concerns this instance is still being opened. */
  readonly firstLive: () => Promise<void>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
}

/** A service that listens to nothing misses its sign-in; one that does misses more than that. */
export type Missing = 'sign-in' | 'notification channel';

/** Between two questions to a platform that is away, in milliseconds. */
const AGAIN = { baseMs: 1_000, maxMs: 30_000 };
/** After which a sender may try again while it is not known what is listened to, in milliseconds. */
const RETRY_AFTER_MS = 2_000;

/**
 * Waits for the platform at the start, and listens as soon as it has told what to. A service that
 * starts while the platform is away takes requests all the same: they are on disk, and wait for the
 * platform as it does. One that listens to nothing waits for its sign-in alone.
 */
export class Listening implements AsyncDisposable {
  /**
   * Resolves once this instance is signed in and everything is listened to for the first time;
   * rejects with what makes it impossible.
   */
  readonly live: Promise<void>;
  readonly #parts: ListeningParts;
  readonly #stop = new AbortController();
  readonly #duties = new AsyncDisposableStack();
  #targets: ListenTargets | undefined;
  #missing: Missing | undefined = 'notification channel';

  constructor(parts: ListeningParts) {
    this.#parts = parts;
    this.live = this.#begin();
    // Whoever waits for it is told; while nobody does, it is no unhandled rejection.
    this.live.catch(() => undefined);
  }

  /** What `live` waits for; undefined once it has come. */
  get missing(): Missing | undefined {
    return this.#missing;
  }

  /** @throws {RapportError} `ERR_LISTEN_UNRESOLVED` while the platform has not told them */
  get targets(): ListenTargets {
    if (this.#targets === undefined) throw unresolved();
    return this.#targets;
  }

  /** Whether conversations of this queue or user are listened to. @throws {RapportError} as `targets` */
  isTo({ queueId, userId }: { readonly queueId?: string; readonly userId?: string }): boolean {
    const { queueIds, userIds } = this.targets;
    return (
      (queueId !== undefined && queueIds.has(queueId)) ||
      (userId !== undefined && userIds.has(userId))
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error('the service stops'));
    await this.live.catch(() => undefined);
    await this.#duties.disposeAsync();
  }

  async #begin(): Promise<void> {
    const { resolve, signIn, standFor, firstLive } = this.#parts;
    const { signal } = this.#stop;
    // Names are asked for with a token, and so sign in by themselves; no names need none.
    this.#targets = await this.#untilAnswered(resolve);
    this.#missing = 'sign-in';
    await this.#untilAnswered(signIn);
    this.#missing = 'notification channel';
    this.#duties.use(standFor(this.#targets));
    await abortable(firstLive(), signal);
    this.#missing = undefined;
  }

  async #untilAnswered<T>(ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { clock, random, log } = this.#parts;
    const { signal } = this.#stop;
    for (let attempt = 1; ; attempt++) {
      try {
        return await ask(signal);
      } catch (error) {
        if (signal.aborted || !isRapportError(error) || !error.retryable) throw error;
        const retryInMs = Math.round(backoffMs(attempt, AGAIN, random));
        const { nextStep } = error;
        log.warn('genesys.waiting', { attempt, retryInMs, message: messageOf(error), nextStep });
        await sleep(clock, retryInMs, signal);
      }
    }
  }
}

function unresolved(): RapportError {
  return new RapportError({
    code: 'ERR_LISTEN_UNRESOLVED',
    message: 'the platform has not told yet which queues and users are listened to',
    nextStep: 'Send it again in a moment; see GET /readyz and the log’s genesys.waiting.',
    retryable: true,
    fault: 'platform',
    details: { httpStatus: 503, retryAfterMs: RETRY_AFTER_MS },
  });
}
