import type { RapportConfig } from '../config/schema.ts';
import type { EnrichDeps } from '../enrich/pipeline.ts';
import type { GenesysClient } from '../genesys/client.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Digester } from '../writeback/proof/digest.ts';
import type { WritebackDeps } from '../writeback/turn/input.ts';
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

/** What every write goes by. */
export function writebackOf({
  config,
  clock,
  digest,
  values,
  random,
  log,
}: Tools): Omit<WritebackDeps, 'port' | 'signal' | 'assertHeld' | 'resolve'> {
  return { config: config.write, clock, now: () => clock.wallMs(), digest, values, random, log };
}
