import type { RapportConfig } from '../../config/schema.ts';
import { createGenesysClient, type GenesysClient } from '../../genesys/client.ts';
import { systemClock } from '../../lib/clock.ts';
import { createIdSource } from '../../lib/ids.ts';
import { parseTraceId, type TraceId } from '../../domain/ids.ts';
import { loadCliConfigWhole, type ConfigFlags } from '../configuration/load-configuration.ts';
import type { CliIo } from '../terminal/io.ts';
import type { EnvironmentTargets } from '../../config/environment.ts';

/** A command's way to the platform. */
export interface Session {
  readonly config: RapportConfig;
  readonly targets: EnvironmentTargets;
  readonly client: GenesysClient;
  /** Goes with every call. */
  readonly call: {
    readonly signal: AbortSignal;
    readonly lane: 'manual';
    readonly traceId: TraceId;
  };
  readonly newId: () => string;
}

/** Signs in as configured, for the time of `work`. */
export async function withPlatform<T>(
  flags: ConfigFlags,
  io: CliIo,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const { config, targets } = loadCliConfigWhole(flags, io);
  await using client = createGenesysClient({ config: config.genesys });
  const newId = createIdSource(systemClock);
  const call = { signal: io.signal, lane: 'manual', traceId: parseTraceId(newId()) } as const;
  return await work({ config, targets, client, call, newId });
}
