import { isRapportError, messageOf } from '../../domain/errors.ts';
import { abortable } from '../../lib/abort.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { renewEarlyMs, type Obtain, type ObtainedToken } from './obtain.ts';
import type { AccessToken, TokenSource } from './token-source.ts';

export interface CachedTokenSourceOptions {
  readonly obtain: Obtain;
  readonly clock: Clock;
  readonly log: Log;
}

/** Least time between two renewals that a 403 causes, in milliseconds. */
const FORBIDDEN_RENEWAL_MS = 60_000;
/** How long a refused sign-in is answered from memory, in milliseconds: callers must not hammer the login. */
const REFUSAL_MEMORY_MS = 5_000;

interface Held {
  readonly token: AccessToken;
  readonly issuedAtMs: number;
  /** Monotonic instants; infinite when the platform gave no life time. */
  readonly renewAtMs: number;
  readonly endsAtMs: number;
}

/**
 * Keeps one token and renews it in the background shortly before it ends. While a renewal fails,
 * the old token serves until its end.
 */
export function createCachedTokenSource(options: CachedTokenSourceOptions): TokenSource {
  return new CachedTokenSource(options);
}

class CachedTokenSource implements TokenSource {
  readonly #obtain: Obtain;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #stop = new AbortController();
  #held: Held | undefined;
  #fetching: Promise<AccessToken> | undefined;
  #refusal: { readonly error: unknown; readonly untilMs: number } | undefined;
  /** Tokens up to this generation are of no more use, or about to end. */
  #outdated = 0;
  #forbiddenRenewalMs = Number.NEGATIVE_INFINITY;

  constructor(options: CachedTokenSourceOptions) {
    this.#obtain = options.obtain;
    this.#clock = options.clock;
    this.#log = options.log;
  }

  async get(signal?: AbortSignal): Promise<AccessToken> {
    const nowMs = this.#clock.monotonicMs();
    const held = this.#held;
    if (held !== undefined && nowMs < held.renewAtMs) return held.token;
    if (held !== undefined && nowMs < held.endsAtMs) {
      this.#renewInBackground();
      return held.token;
    }
    if (this.#refusal !== undefined && nowMs < this.#refusal.untilMs) throw this.#refusal.error;
    const fetching = this.#fetch();
    return signal === undefined ? fetching : abortable(fetching, signal);
  }

  refuse(token: AccessToken): void {
    if (this.#held?.token.generation === token.generation) this.#drop(token);
  }

  renewAfterForbidden(token: AccessToken): boolean {
    const held = this.#held;
    const nowMs = this.#clock.monotonicMs();
    // Somebody else's renewal came first: the caller may try with that one.
    if (held !== undefined && held.token.generation !== token.generation) return true;
    const lastMs = Math.max(this.#forbiddenRenewalMs, held?.issuedAtMs ?? this.#forbiddenRenewalMs);
    if (held === undefined || nowMs - lastMs < FORBIDDEN_RENEWAL_MS) return false;
    this.#forbiddenRenewalMs = nowMs;
    this.#drop(token);
    return true;
  }

  [Symbol.dispose](): void {
    this.#stop.abort(new Error('the client is closed'));
  }

  #drop(token: AccessToken): void {
    this.#held = undefined;
    this.#outdated = Math.max(this.#outdated, token.generation);
  }

  #renewInBackground(): void {
    if (this.#fetching !== undefined) return;
    this.#outdated = Math.max(this.#outdated, this.#held?.token.generation ?? 0);
    this.#fetch().catch((error: unknown) => {
      if (this.#stop.signal.aborted) return;
      this.#log.warn('genesys.sign-in.renewal-failed', { message: messageOf(error) });
    });
  }

  #fetch(): Promise<AccessToken> {
    this.#fetching ??= this.#issue().finally(() => (this.#fetching = undefined));
    return this.#fetching;
  }

  async #issue(): Promise<AccessToken> {
    try {
      const obtained = await this.#obtain(this.#outdated, this.#stop.signal);
      this.#refusal = undefined;
      return this.#keep(obtained);
    } catch (error) {
      if (isRapportError(error) && !error.retryable) {
        const untilMs = this.#clock.monotonicMs() + REFUSAL_MEMORY_MS;
        this.#refusal = { error, untilMs };
      }
      throw error;
    }
  }

  #keep({ value, generation, lifeMs, ageMs }: ObtainedToken): AccessToken {
    const issuedAtMs = this.#clock.monotonicMs() - ageMs;
    const endsAtMs = issuedAtMs + lifeMs;
    const token = { value, generation };
    const renewAtMs = endsAtMs - renewEarlyMs(lifeMs);
    this.#held = { token, issuedAtMs, renewAtMs, endsAtMs };
    return token;
  }
}
