import type { RapportConfig } from '../../config/schema.ts';
import type { DestinationOptions } from '../../delivery/options.ts';
import { ANALYTICS_DESTINATION, createAnalytics, type ToOutbox } from '../../engine/analytics.ts';
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
    this.#toOutbox = createAnalytics(config.analytics, values);
  }

  get write(): WriteConfig {
    return this.#config.write;
  }

  get retention(): RetentionOptions {
    return this.#config.retention;
  }

  get destinations(): Readonly<Record<string, DestinationOptions>> {
    const { analytics } = this.#config;
    return analytics === undefined ? {} : { [ANALYTICS_DESTINATION]: analytics };
  }

  readonly toOutbox: ToOutbox = (news) => this.#toOutbox(news);

  replace(config: RapportConfig): void {
    this.#config = config;
    this.#toOutbox = createAnalytics(config.analytics, this.#values);
  }
}
