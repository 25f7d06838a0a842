import type { RapportConfig } from '../config/schema.ts';
import type { EnrichDeps } from '../enrich/pipeline.ts';
import type { GenesysClient } from '../genesys/client.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Digester } from '../writeback/proof/digest.ts';
import type { ValueMemory } from '../writeback/value-memory.ts';

/** What every call works with. */
export interface Tools {
  readonly config: RapportConfig;
  readonly client: GenesysClient;
  readonly enrichDeps: EnrichDeps;
  readonly digest: Digester;
  readonly values: ValueMemory;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly newId: () => string;
}
