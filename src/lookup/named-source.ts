import { AnswerCache, type CacheHit } from './guard/cache.ts';
import { LookupError, toLookupError, toLookupFailure } from './errors.ts';
import { Flights } from './guard/flights.ts';
import { GuardedSource, type GuardDeps, type GuardState } from './guard/guarded-source.ts';
import { checkKey } from './key.ts';
import type { LookupAnswer, LookupQuery, LookupRequest } from './lookup.ts';
import type { SourceOptions } from './options.ts';
import type { Source, SourceAnswer, SourceQuery, SourceUses } from './source.ts';

export interface SourceState extends GuardState {
  /** Answers kept. */
  readonly cached: number;
  /** Questions being asked right now. */
  readonly inFlight: number;
  /** How lookups were answered since the start. */
  readonly answered: Readonly<Record<AnsweredBy, number>>;
}

export type AnsweredBy = 'source' | 'fresh-cache' | 'stale-cache' | 'failed';

/** One configured source with all that is put around it: cache, single flight, guard. */
export class NamedSource implements AsyncDisposable {
  readonly #name: string;
  readonly #source: Source;
  readonly #cache: AnswerCache;
  readonly #guard: GuardedSource;
  readonly #deps: GuardDeps;
  readonly #flights = new Flights<SourceAnswer>();
  readonly #answered = { source: 0, 'fresh-cache': 0, 'stale-cache': 0, failed: 0 };
  #closed = false;
  /** Grows when somebody is to be forgotten: what was asked before then is not kept. */
  #erasures = 0;

  constructor(name: string, source: Source, options: SourceOptions, deps: GuardDeps) {
    this.#name = name;
    this.#source = source;
    this.#deps = deps;
    this.#cache = new AnswerCache(deps.clock, options.cache);
    this.#guard = new GuardedSource(name, source, options, deps);
  }

  get uses(): SourceUses {
    return this.#source.uses;
  }

  get state(): SourceState {
    return {
      ...this.#guard.state,
      cached: this.#cache.size,
      inFlight: this.#flights.size,
      answered: { ...this.#answered },
    };
  }

  forget(isTheirs: (key: string) => boolean): number {
    this.#erasures += 1;
    return this.#cache.forget(isTheirs);
  }

  async lookup(query: LookupRequest): Promise<LookupAnswer> {
    query.signal.throwIfAborted();
    const startMs = this.#deps.clock.monotonicMs();
    const answer = await this.#answer(query, startMs);
    this.#answered[answer.answer === 'failed' ? 'failed' : answer.from] += 1;
    return answer;
  }

  async #answer(query: LookupRequest, startMs: number): Promise<LookupAnswer> {
    const id = identityOf(query, this.uses);
    try {
      this.#checkQuery(query);
      const hit = this.#cache.get(id);
      if (hit?.isFresh === true) return this.#fromCache(hit, startMs);
      const answer = await this.#flights.join(id, query.patience ?? query.signal, (signal) =>
        this.#ask(id, query, signal),
      );
      return this.#fromSource(answer, startMs);
    } catch (error) {
      if (query.signal.aborted) throw query.signal.reason;
      const failure =
        query.patience?.aborted === true ? this.#tooLate(error) : toLookupError(this.#name, error);
      const answer = this.#fromFailure(id, failure, startMs);
      const from = answer.answer === 'failed' ? 'none' : answer.from;
      const { code } = failure;
      const { traceId } = query;
      this.#deps.log.warn('source.failed', { source: this.#name, code, from, traceId });
      return answer;
    }
  }

  #checkQuery(query: LookupQuery): void {
    if (this.#closed) throw this.#closing();
    if (this.uses.key) checkKey(this.#name, query.key);
  }

  async #ask(id: string, query: SourceQuery, signal: AbortSignal): Promise<SourceAnswer> {
    const { key, keyKind, conversationId, traceId } = query;
    const erasures = this.#erasures;
    const answer = await this.#guard.read({ key, keyKind, conversationId, traceId }, signal);
    const isOld = answer.found && answer.outdated !== undefined;
    if (!isOld && erasures === this.#erasures) this.#cache.put(id, key, answer);
    return answer;
  }

  #fromCache(hit: CacheHit, startMs: number): LookupAnswer {
    const common = { source: this.#name, durationMs: this.#since(startMs), ageMs: hit.ageMs };
    return hit.answer.found
      ? { ...common, answer: 'found', value: hit.answer.value, from: 'fresh-cache' }
      : { ...common, answer: 'not-found', from: 'fresh-cache' };
  }

  #fromSource(answer: SourceAnswer, startMs: number): LookupAnswer {
    const common = { source: this.#name, durationMs: this.#since(startMs) };
    if (!answer.found) return { ...common, answer: 'not-found', from: 'source', ageMs: 0 };
    const { value, outdated } = answer;
    if (outdated === undefined)
      return { ...common, answer: 'found', value, from: 'source', ageMs: 0 };
    const failure = toLookupFailure(toLookupError(this.#name, outdated.cause));
    const { ageMs } = outdated;
    return { ...common, answer: 'found', value, from: 'stale-cache', ageMs, failure };
  }

  /** A stale value if there is one. An old "not found" is no reason to deny a customer. */
  #fromFailure(id: string, error: LookupError, startMs: number): LookupAnswer {
    const common = { source: this.#name, durationMs: this.#since(startMs) };
    const failure = toLookupFailure(error);
    const hit = this.#cache.get(id);
    if (hit?.answer.found !== true) return { ...common, answer: 'failed', failure };
    const { value } = hit.answer;
    return { ...common, answer: 'found', value, from: 'stale-cache', ageMs: hit.ageMs, failure };
  }

  #tooLate(cause: unknown): LookupError {
    return new LookupError({
      code: 'ERR_SOURCE_TIMEOUT',
      source: this.#name,
      message: 'had no answer by the time the caller needed one',
      nextStep: 'Give the caller more time, or let the cache keep answers for longer.',
      cause,
    });
  }

  #closing(): LookupError {
    const message = 'is closed because of a shutdown';
    return new LookupError({ code: 'ERR_SOURCE_CLOSED', source: this.#name, message });
  }

  #since(startMs: number): number {
    return this.#deps.clock.monotonicMs() - startMs;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.#flights.stop(this.#closing());
    this.#cache[Symbol.dispose]();
    await this.#source[Symbol.asyncDispose]();
  }
}

/** Two queries with the same identity have the same answer. */
function identityOf(query: SourceQuery, uses: SourceUses): string {
  return JSON.stringify([
    uses.key ? query.key : null,
    uses.keyKind ? query.keyKind : null,
    uses.conversationId ? query.conversationId : null,
  ]);
}
