import type { EnrichOptions } from '../enrich/plan.ts';
import type { GenesysConfig } from '../genesys/options.ts';
import type { SourceOptions } from '../lookup/options.ts';
import type { WriteConfig } from '../writeback/options.ts';

/** What the service runs by, every default filled in. */
export interface ServiceSettings {
  readonly genesys: GenesysConfig;
  readonly listen: ListenSettings;
  readonly enrich: EnrichOptions;
  readonly sources: Readonly<Record<string, SourceOptions>>;
  readonly write: WriteConfig;
  /** `sqlite:<path>`, `sqlite::memory:` or `postgres://…`. */
  readonly store: string;
  readonly http: HttpSettings;
}

export interface ListenSettings {
  /** Names or ids. */
  readonly queues: readonly string[];
}

export interface HttpSettings {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** Undefined makes a random key that is printed once at start; then the host must be a loopback address. */
  readonly apiKey: string | undefined;
}
