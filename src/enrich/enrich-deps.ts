import { createFlowSource, type GetFlow } from './flow/flow-source.ts';
import { loadToE164, type ToE164 } from './customer/phone.ts';
import type { FlowOptions } from './options.ts';
import type { EnrichDeps } from './pipeline.ts';
import type { EnrichPlan } from './plan.ts';
import type { GenesysClient } from '../genesys/client.ts';
import type { Clock } from '../lib/clock.ts';
import type { Lookups } from '../lookup/lookups.ts';

export interface EnrichDepsParts {
  /** The compiled mapping. */
  readonly plan: EnrichPlan;
  /** The flow whose declared inputs the attributes must fit, if there is one. */
  readonly flow: FlowOptions | undefined;
  readonly client: Pick<GenesysClient, 'flows'>;
  readonly lookups: Pick<Lookups, 'lookup' | 'usesOf'>;
  readonly clock: Clock;
}

export interface OpenEnrichDeps extends EnrichDeps {
  /** Drops the numbers that were read, since a person is erased; what is asked later reads anew. */
  readonly forgetPhones: () => void;
}

/** Fits the sources and the flow to a mapping. */
export function createEnrichDeps({
  plan,
  flow,
  client,
  lookups,
  clock,
}: EnrichDepsParts): OpenEnrichDeps {
  let phones: Promise<ToE164> | undefined;
  return {
    plan,
    clock,
    lookup: (request) => lookups.lookup(request),
    asksByKey: (source) => lookups.usesOf(source)?.key ?? true,
    flow: flow && createFlowSource(flow, { getFlow: getFlowFrom(client), clock }),
    loadPhones: () => (phones ??= loadToE164(plan.defaultCountry)),
    forgetPhones: () => void (phones = undefined),
  };
}

function getFlowFrom({ flows }: Pick<GenesysClient, 'flows'>): GetFlow {
  return async ({ flowId, version, signal }) => {
    const call = { signal, lane: 'live' } as const;
    const flow = await (version === undefined
      ? flows.get(flowId, call)
      : flows.getVersion(flowId, version, call));
    return flow.raw;
  };
}
