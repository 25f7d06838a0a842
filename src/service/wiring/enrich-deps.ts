import { planConfig } from '../../config/plan-config.ts';
import { createFlowSource, type GetFlow } from '../../enrich/flow/flow-source.ts';
import { loadToE164, type ToE164 } from '../../enrich/customer/phone.ts';
import type { EnrichDeps } from '../../enrich/pipeline.ts';
import type { GenesysClient } from '../../genesys/client.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Lookups } from '../../lookup/lookups.ts';
import type { RapportConfig } from '../../config/schema.ts';

export interface EnrichDepsParts {
  readonly client: GenesysClient;
  readonly lookups: Lookups;
  readonly clock: Clock;
}

/**
 * Compiles the mapping and fits the sources to it.
 *
 * @throws {ConfigError} with every problem of the mapping
 */
export function createEnrichDeps(
  config: RapportConfig,
  { client, lookups, clock }: EnrichDepsParts,
): EnrichDeps {
  const plan = planConfig(config);
  let phones: Promise<ToE164> | undefined;
  return {
    plan,
    clock,
    lookup: (request) => lookups.lookup(request),
    asksByKey: (source) => lookups.usesOf(source)?.key ?? true,
    flow: config.flow && createFlowSource(config.flow, { getFlow: getFlowFrom(client), clock }),
    loadPhones: () => (phones ??= loadToE164(plan.defaultCountry)),
  };
}

function getFlowFrom({ flows }: GenesysClient): GetFlow {
  return async ({ flowId, version, signal }) => {
    const call = { signal, lane: 'live' } as const;
    const flow = await (version === undefined
      ? flows.get(flowId, call)
      : flows.getVersion(flowId, version, call));
    return flow.raw;
  };
}
