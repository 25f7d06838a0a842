import { RapportError } from '../../domain/errors.ts';
import { loadToE164, type ToE164 } from '../../enrich/phone.ts';
import type { EnrichDeps } from '../../enrich/pipeline.ts';
import { planEnrichment } from '../../enrich/plan.ts';
import type { GenesysClient } from '../../genesys/client.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Lookups } from '../../lookup/lookups.ts';
import type { ServiceSettings } from '../settings.ts';

export interface EnrichDepsParts {
  readonly client: GenesysClient;
  readonly lookups: Lookups;
  readonly clock: Clock;
}

/**
 * Compiles the mapping and fits the sources to it.
 *
 * @throws {RapportError} `ERR_CONFIG_MAPPING`, with every problem of the mapping
 */
export function createEnrichDeps(
  settings: Pick<ServiceSettings, 'enrich'>,
  { lookups, clock }: EnrichDepsParts,
): EnrichDeps {
  const plan = planEnrichment(settings.enrich);
  if ('problems' in plan) {
    throw new RapportError({
      code: 'ERR_CONFIG_MAPPING',
      message: plan.problems.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n'),
      nextStep: 'Correct the mapping.',
    });
  }
  let phones: Promise<ToE164> | undefined;
  return {
    plan,
    clock,
    lookup: (request) => lookups.lookup(request),
    asksByKey: (source) => lookups.usesOf(source)?.key ?? true,
    loadPhones: () => (phones ??= loadToE164(plan.defaultCountry)),
  };
}
