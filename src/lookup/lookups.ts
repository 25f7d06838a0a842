import type { Dispatcher } from 'undici';
import type { Clock } from '../lib/clock.ts';
import { silentLog, type Log } from '../lib/log.ts';
import { LookupError } from './errors.ts';
import type { LookupAnswer, LookupRequest } from './lookup.ts';
import { NamedSource, type SourceState } from './named-source.ts';
import { openSource } from './open-source.ts';
import type { SourceOptions } from './options.ts';
import type { SourceUses } from './source.ts';

export interface LookupDeps {
  readonly clock: Clock;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  readonly log?: Log | undefined;
  /** Carries the requests of HTTP sources; without one they get their own pool of connections. */
  readonly dispatcher?: Dispatcher | undefined;
}

/** Every configured source behind one door. Dispose it to close connections, files and threads. */
export interface Lookups extends AsyncDisposable {
  /** The names of the sources, in the order of the configuration. */
  readonly sources: readonly string[];
  /** What an answer of that source depends on; undefined when there is no such source. */
  usesOf(source: string): SourceUses | undefined;
  /**
   * Asks one source. Whatever happens to the source is an answer; it rejects with the signal's
   * reason, and with `ERR_SOURCE_UNKNOWN` for a name that is not configured.
   */
  lookup(request: LookupRequest): Promise<LookupAnswer>;
  /** Forgets what is remembered about a customer's keys; returns how many answers that were. */
  forget(isTheirs: (key: string) => boolean): number;
  /** State of every source, by name, for health pages and metrics. */
  states(): ReadonlyMap<string, SourceState>;
}

/** Builds the sources; connects to nothing before the first lookup. */
export function createLookups(
  sources: Readonly<Record<string, SourceOptions>>,
  deps: LookupDeps,
): Lookups {
  return new SourceRoom(sources, deps);
}

class SourceRoom implements Lookups {
  readonly #sources = new Map<string, NamedSource>();

  constructor(sources: Readonly<Record<string, SourceOptions>>, deps: LookupDeps) {
    const withLog = { ...deps, log: deps.log ?? silentLog };
    for (const [name, options] of Object.entries(sources)) {
      const source = openSource(name, options, withLog);
      this.#sources.set(name, new NamedSource(name, source, options, withLog));
    }
  }

  get sources(): readonly string[] {
    return [...this.#sources.keys()];
  }

  usesOf(source: string): SourceUses | undefined {
    return this.#sources.get(source)?.uses;
  }

  async lookup(request: LookupRequest): Promise<LookupAnswer> {
    const source = this.#sources.get(request.source);
    if (source !== undefined) return source.lookup(request);
    throw new LookupError({
      code: 'ERR_SOURCE_UNKNOWN',
      source: request.source,
      message: `is not configured; there are: ${this.sources.join(', ') || 'none'}`,
      nextStep: 'Add it under sources: in the configuration, or correct the name.',
    });
  }

  forget(isTheirs: (key: string) => boolean): number {
    let forgotten = 0;
    for (const source of this.#sources.values()) forgotten += source.forget(isTheirs);
    return forgotten;
  }

  states(): ReadonlyMap<string, SourceState> {
    return new Map([...this.#sources].map(([name, source]) => [name, source.state]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#sources.values()].map((source) => source[Symbol.asyncDispose]()));
  }
}
