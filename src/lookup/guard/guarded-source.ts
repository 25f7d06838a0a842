import { abortable, createDeadline, TimeoutError } from '../../lib/abort.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { Breaker, type BreakerKind } from './breaker.ts';
import { Bulkhead } from './bulkhead.ts';
import { LookupError, toLookupError } from '../errors.ts';
import type { GuardOptions } from '../options/guard-options.ts';
import { withRetries } from './retry.ts';
import type { Source, SourceAnswer, SourceQuery } from '../source.ts';

export interface GuardDeps {
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
}

/** What an operator sees of one source. */
export interface GuardState {
  readonly breaker: BreakerKind;
  readonly running: number;
  readonly waiting: number;
}

/**
 * A source that cannot hurt: every read ends within `timeoutMs`, only so many run at once, a
 * source that keeps failing is left alone, and only what is safe to repeat is repeated.
 */
export class GuardedSource {
  readonly #name: string;
  readonly #source: Source;
  readonly #options: GuardOptions;
  readonly #deps: GuardDeps;
  readonly #breaker: Breaker;
  readonly #bulkhead: Bulkhead;

  constructor(name: string, source: Source, options: GuardOptions, deps: GuardDeps) {
    this.#name = name;
    this.#source = source;
    this.#options = options;
    this.#deps = deps;
    this.#bulkhead = new Bulkhead(options.bulkhead);
    this.#breaker = new Breaker(deps.clock, options.breaker, (kind) => {
      const level = kind === 'open' ? 'warn' : 'info';
      deps.log[level](`source.breaker-${kind}`, { source: name });
    });
  }

  get state(): GuardState {
    const { running, waiting } = this.#bulkhead;
    return { breaker: this.#breaker.kind, running, waiting };
  }

  /** @throws {LookupError}, or the signal's reason when it aborts */
  async read(query: SourceQuery, signal: AbortSignal): Promise<SourceAnswer> {
    const { timeoutMs } = this.#options;
    const deadlineMs = this.#deps.clock.monotonicMs() + timeoutMs;
    using deadline = createDeadline(this.#deps.clock, timeoutMs, signal);
    try {
      if (this.#breaker.refusedForMs > 0) throw this.#refused();
      using place = await this.#bulkhead.enter(deadline.signal);
      if (place === undefined) throw this.#busy();
      return await this.#readWithRetries(query, deadline.signal, deadlineMs);
    } catch (error) {
      throw error instanceof TimeoutError ? this.#late(error) : error;
    }
  }

  #readWithRetries(
    query: SourceQuery,
    signal: AbortSignal,
    deadlineMs: number,
  ): Promise<SourceAnswer> {
    const retries = this.#source.repeatable ? this.#options.retry.retries : 0;
    const options = { ...this.#options.retry, retries, deadlineMs, signal };
    return withRetries(() => this.#readOnce(query, signal), options, this.#deps);
  }

  async #readOnce(query: SourceQuery, signal: AbortSignal): Promise<SourceAnswer> {
    const pass = this.#breaker.enter();
    if (pass === undefined) throw this.#refused();
    try {
      const answer = await abortable(this.#source.read(query, signal), signal);
      pass.succeeded();
      return answer;
    } catch (error) {
      if (signal.aborted) {
        if (signal.reason instanceof TimeoutError) pass.failed();
        else pass.cancelled();
        throw signal.reason;
      }
      const failure = toLookupError(this.#name, error);
      // A source that says no is alive: a refusal of one question must not hide it from the others.
      if (failure.isOutage) pass.failed();
      else pass.succeeded();
      throw failure;
    }
  }

  #refused(): LookupError {
    const forMs = Math.ceil(this.#breaker.refusedForMs);
    return new LookupError({
      code: 'ERR_SOURCE_BREAKER_OPEN',
      source: this.#name,
      message:
        forMs > 0
          ? `failed too often and is left alone for ${forMs} ms more`
          : 'failed too often and is being probed by another lookup',
      nextStep: 'See the failures logged before; it is asked again by itself.',
      retryAfterMs: forMs > 0 ? forMs : undefined,
    });
  }

  #busy(): LookupError {
    const { concurrent, waiting } = this.#options.bulkhead;
    return new LookupError({
      code: 'ERR_SOURCE_BUSY',
      source: this.#name,
      message: `has ${concurrent} lookups running and ${waiting} waiting already`,
      nextStep:
        'Raise bulkhead.concurrent if the source can take more, or find out why it is slow.',
    });
  }

  #late(error: TimeoutError): LookupError {
    return new LookupError({
      code: 'ERR_SOURCE_TIMEOUT',
      source: this.#name,
      message: `gave no answer within ${error.timeoutMs} ms`,
      nextStep: 'Raise timeoutMs if callers can wait longer, or find out why the source is slow.',
      cause: error,
    });
  }
}
