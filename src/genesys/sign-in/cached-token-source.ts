import { isRapportError, messageOf } from '../../domain/errors.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { raceAbort } from './race-abort.ts';
import type { AccessToken, Grant, TokenSource } from './token-source.ts';

export interface CachedTokenSourceOptions {
  readonly grant: Grant;
  readonly clock: Clock;
  readonly log: Log;
}

/** A token is renewed this long before its end, in milliseconds, or a tenth of its life if that is less. */
const RENEW_EARLY_MS = 300_000;
/** Least time between two renewals that a 403 causes, in milliseconds. */
const FORBIDDEN_RENEWAL_MS = 60_000;
/** How long a refused sign-in is answered from memory, in milliseconds: callers must not hammer the login. */
const REFUSAL_MEMORY_MS = 5_000;

interface Held {
  readonly token: AccessToken;
  readonly fetchedAtMs: number;
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
  readonly #grant: Grant;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #stop = new AbortController();
  #held: Held | undefined;
  #fetching: Promise<AccessToken> | undefined;
  #refusal: { readonly error: unknown; readonly untilMs: number } | undefined;
  #generation = 0;
  #forbiddenRenewalMs = Number.NEGATIVE_INFINITY;

  constructor(options: CachedTokenSourceOptions) {
    this.#grant = options.grant;
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
    return raceAbort(this.#fetch(), signal);
  }

  refuse(token: AccessToken): void {
    if (this.#held?.token.generation === token.generation) this.#held = undefined;
  }

  renewAfterForbidden(token: AccessToken): boolean {
    const held = this.#held;
    const nowMs = this.#clock.monotonicMs();
    // Somebody else's renewal came first: the caller may try with that one.
    if (held !== undefined && held.token.generation !== token.generation) return true;
    const lastMs = Math.max(
      this.#forbiddenRenewalMs,
      held?.fetchedAtMs ?? this.#forbiddenRenewalMs,
    );
    if (held === undefined || nowMs - lastMs < FORBIDDEN_RENEWAL_MS) return false;
    this.#forbiddenRenewalMs = nowMs;
    this.#held = undefined;
    return true;
  }

  [Symbol.dispose](): void {
    this.#stop.abort(new Error('the client is closed'));
  }

  #renewInBackground(): void {
    if (this.#fetching !== undefined) return;
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
      const issued = await this.#grant.issue(this.#stop.signal);
      this.#refusal = undefined;
      return this.#keep(issued.value, issued.expiresInSeconds);
    } catch (error) {
      if (isRapportError(error) && !error.retryable) {
        const untilMs = this.#clock.monotonicMs() + REFUSAL_MEMORY_MS;
        this.#refusal = { error, untilMs };
      }
      throw error;
    }
  }

  #keep(value: string, expiresInSeconds: number | undefined): AccessToken {
    const nowMs = this.#clock.monotonicMs();
    const lifeMs = (expiresInSeconds ?? Number.POSITIVE_INFINITY) * 1000;
    const token = { value, generation: ++this.#generation };
    const earlyMs = Math.min(RENEW_EARLY_MS, lifeMs / 10);
    this.#held = {
      token,
      fetchedAtMs: nowMs,
      renewAtMs: nowMs + lifeMs - earlyMs,
      endsAtMs: nowMs + lifeMs,
    };
    this.#log.info('genesys.signed-in', { grant: this.#grant.type, expiresInSeconds });
    return token;
  }
}
