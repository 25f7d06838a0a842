import type { RapportConfig } from '../../config/schema.ts';
import { RapportError } from '../../domain/errors.ts';
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

/** The note by which instances tell each other that the configuration is to be read again. */
export const RELOAD_NOTE = 'configuration-read-again';

export interface ReloaderParts {
  readonly config: RapportConfig;
  /** Reads the configuration anew. @throws {ConfigError} */
  readonly load: (() => RapportConfig) | undefined;
  /** Put a checked configuration in force; each may refuse it, and then nothing has changed. */
  readonly apply: readonly ((config: RapportConfig) => void)[];
  readonly log: Log;
}

/**
 * Reads the configuration again while the service runs. One that is wrong is refused as a whole,
 * with everything that is wrong with it.
 */
export class Reloader {
  readonly #parts: ReloaderParts;
  #config: RapportConfig;

  constructor(parts: ReloaderParts) {
    this.#parts = parts;
    this.#config = parts.config;
  }

  /** @throws {ConfigError} with every problem; nothing has changed then */
  read(): ReloadReport {
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
