import type { RapportConfig } from '../../config/schema.ts';
import type { ServiceOptions } from '../../config/section-options.ts';
import { RapportError } from '../../domain/errors.ts';
import type { Log } from '../../lib/log.ts';
import type { ReloadReport } from '../http/rooms.ts';

/**
 * Sections that are put in force while the service runs; what begins from then on goes by them. Of
 * `service` each option stands for itself.
 */
const LIVE_SECTIONS: ReadonlySet<string> = new Set([
  'customer',
  'sources',
  'attributes',
  'attributePrefix',
  'statusKey',
  'limits',
  'flow',
  'write',
  'analytics',
  'webhooks',
  'retention',
  'access',
  'service.apiKey',
  'tests',
] satisfies (keyof RapportConfig | `service.${keyof ServiceOptions}`)[]);

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
  /** Its live sections are in force. */
  #config: RapportConfig;

  constructor(parts: ReloaderParts) {
    this.#parts = parts;
    this.#config = parts.config;
  }

  /** @throws {ConfigError} with every problem; nothing has changed then */
  read(): ReloadReport {
    const { config: started, load, apply, log } = this.#parts;
    if (load === undefined) throw nothingToRead();
    const next = load();
    for (const each of apply) each(next);
    const report = {
      applied: changedSections(this.#config, next).filter((name) => LIVE_SECTIONS.has(name)),
      // Since the start, not since the last reload: until a restart it needs one.
      needsRestart: changedSections(started, next).filter((name) => !LIVE_SECTIONS.has(name)),
    };
    this.#config = next;
    log.info('configuration.read', { ...report });
    return report;
  }
}

function changedSections(before: RapportConfig, after: RapportConfig): readonly string[] {
  const [was, is] = [sectionsOf(before), sectionsOf(after)];
  const names = new Set([...was.keys(), ...is.keys()]);
  return [...names].filter(
    (name) => JSON.stringify(was.get(name)) !== JSON.stringify(is.get(name)),
  );
}

function sectionsOf({ service, ...sections }: RapportConfig): ReadonlyMap<string, unknown> {
  const options = Object.entries(service).map(
    ([name, value]) => [`service.${name}`, value] as const,
  );
  return new Map<string, unknown>([...Object.entries(sections), ...options]);
}

function nothingToRead(): RapportError {
  return new RapportError({
    code: 'ERR_NOTHING_TO_READ',
    message: 'this service was given its configuration by a program and cannot read it again',
    nextStep: 'Start it with rapport serve, or start it anew.',
    details: { httpStatus: 409 },
  });
}
