import type { RapportConfig } from '../../config/schema.ts';
import { messageOf, RapportError } from '../../domain/errors.ts';
import type { Notes } from '../../ledger/instances/notes.ts';
import { sleep, type Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { ReloadReport } from '../http/rooms.ts';

/** Sections that are put in force while the service runs; what begins from then on goes by them. */
const LIVE_SECTIONS: ReadonlySet<string> = new Set([
  'customer',
  'sources',
  'attributes',
  'attributePrefix',
  'statusKey',
  'limits',
  'flow',
  'access',
  'tests',
] satisfies (keyof RapportConfig)[]);

/** How often it is looked whether another instance was told to read its configuration again, in milliseconds. */
const LOOK_MS = 2000;

/** Where instances tell each other that the configuration is to be read again. */
export const RELOAD_NOTE = 'configuration-read-again';

export interface ReloaderParts {
  readonly config: RapportConfig;
  /** Reads the configuration anew. @throws {ConfigError} */
  readonly load: (() => RapportConfig) | undefined;
  /** Put a checked configuration in force; each may refuse it, and then nothing has changed. */
  readonly apply: readonly ((config: RapportConfig) => void)[];
  readonly notes: Notes;
  readonly newId: () => string;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Reads the configuration again while the service runs, here and on every other instance. One that
 * is wrong is refused as a whole, with everything that is wrong with it.
 */
export class Reloader implements AsyncDisposable {
  readonly #parts: ReloaderParts;
  readonly #stop = new AbortController();
  readonly #looking: Promise<void>;
  #config: RapportConfig;
  #heard: string | undefined;

  constructor(parts: ReloaderParts) {
    this.#parts = parts;
    this.#config = parts.config;
    this.#looking = parts.load === undefined ? Promise.resolve() : this.#look();
  }

  /**
   * Reads it again here, and has the other instances do the same.
   *
   * @throws {ConfigError} with every problem; nothing has changed then
   */
  async reload(): Promise<ReloadReport> {
    const report = this.#read();
    const told = this.#parts.newId();
    this.#heard = told;
    await this.#parts.notes.write(RELOAD_NOTE, told);
    return report;
  }

  #read(): ReloadReport {
    const { load, apply, log } = this.#parts;
    if (load === undefined) throw nothingToRead();
    const next = load();
    for (const each of apply) each(next);
    const changed = changedSections(this.#config, next);
    this.#config = next;
    const report = {
      applied: changed.filter((section) => LIVE_SECTIONS.has(section)),
      needsRestart: changed.filter((section) => !LIVE_SECTIONS.has(section)),
    };
    log.info('configuration.read', { ...report });
    return report;
  }

  async #look(): Promise<void> {
    const { notes, clock, log } = this.#parts;
    const { signal } = this.#stop;
    let isFirst = true;
    while (!signal.aborted) {
      try {
        const told = await notes.read(RELOAD_NOTE);
        const isNew = told !== undefined && told !== this.#heard && !isFirst;
        this.#heard = told;
        isFirst = false;
        if (isNew) this.#read();
      } catch (error) {
        log.error('configuration.not-read', { message: messageOf(error) });
      }
      await sleep(clock, LOOK_MS, signal).catch(() => undefined);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error('the service stops'));
    await this.#looking;
  }
}

function changedSections(before: RapportConfig, after: RapportConfig): readonly string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]) as Set<
    keyof RapportConfig
  >;
  return [...names].filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
}

function nothingToRead(): RapportError {
  return new RapportError({
    code: 'ERR_NOTHING_TO_READ',
    message: 'this service was given its configuration by a program and cannot read it again',
    nextStep: 'Start it with rapport serve, or start it anew.',
    details: { httpStatus: 409 },
  });
}
