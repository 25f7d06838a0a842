import type { RapportConfig } from '../../config/schema.ts';
import type { DestinationOptions } from '../../delivery/options.ts';
import { createAnalytics, destinationsOf, type ToOutbox } from '../../engine/analytics.ts';
import type { RetentionOptions } from '../../ledger/options.ts';
import type { WriteConfig } from '../../writeback/options.ts';
import type { ValueMemory } from '../../writeback/value-memory.ts';

/** The sections that turns, sweeps and webhooks go by, as they are in force; a reload replaces them. */
export class Settings {
  readonly #values: ValueMemory;
  #config: RapportConfig;
  #toOutbox: ToOutbox;

  constructor(config: RapportConfig, values: ValueMemory) {
    this.#values = values;
    this.#config = config;
    this.#toOutbox = createAnalytics(config, values);
  }

  get write(): WriteConfig {
    return this.#config.write;
  }

  get retention(): RetentionOptions {
    return this.#config.retention;
  }

  get destinations(): Readonly<Record<string, DestinationOptions>> {
    return destinationsOf(this.#config);
  }

  readonly toOutbox: ToOutbox = (news) => this.#toOutbox(news);

  replace(config: RapportConfig): void {
    this.#config = config;
    this.#toOutbox = createAnalytics(config, this.#values);
  }
}
