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
  readonly standFor: (targets: ListenTargets) => Standing;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
}

/** An instance that listens, or is there to take over from the one that does. */
export interface Standing extends AsyncDisposable {
  /** Resolves once this instance listens to everything, or another one is found to have that duty. */
  readonly firstLive: Promise<void>;
  /** Whether this instance listens to everything right now, or another one has that duty. */
  isLive(): boolean;
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
   * Resolves once this instance is signed in and everything is listened to for the first time, by it
   * or by another instance; rejects with what makes it impossible.
   */
  readonly live: Promise<void>;
  readonly #parts: ListeningParts;
  readonly #stop = new AbortController();
  #targets: ListenTargets | undefined;
  #standing: Standing | undefined;
  #awaited: Missing | undefined = 'notification channel';

  constructor(parts: ListeningParts) {
    this.#parts = parts;
    this.live = this.#begin();
    // Whoever waits for it is told; while nobody does, it is no unhandled rejection.
    this.live.catch(() => undefined);
  }

  /** What `live` waits for or, once that has come, what was lost since; undefined when nothing is missing. */
  get missing(): Missing | undefined {
    if (this.#awaited !== undefined) return this.#awaited;
    return this.#standing?.isLive() === true ? undefined : 'notification channel';
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
    await this.#standing?.[Symbol.asyncDispose]();
  }

  async #begin(): Promise<void> {
    const { resolve, signIn, standFor } = this.#parts;
    const { signal } = this.#stop;
    // Names are asked for with a token, and so sign in by themselves; no names need none.
    this.#targets = await this.#untilAnswered(resolve);
    this.#awaited = 'sign-in';
    await this.#untilAnswered(signIn);
    this.#awaited = 'notification channel';
    this.#standing = standFor(this.#targets);
    await abortable(this.#standing.firstLive, signal);
    this.#awaited = undefined;
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
