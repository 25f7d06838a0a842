import { planEnrichment, type EnrichPlan } from '../enrich/plan.ts';
import { ConfigError } from './problems.ts';
import type { RapportConfig } from './schema.ts';
import { sourceKeysOf } from './source-keys.ts';

/**
 * Compiles the mapping of a configuration. One that `loadConfig` gave has no problems left; one
 * that a program put together may.
 *
 * @throws {ConfigError} with every problem of the mapping
 */
export function planConfig(config: RapportConfig): EnrichPlan {
  const plan = planEnrichment({
    customer: config.customer,
    sources: Object.keys(config.sources),
    sourceKeys: sourceKeysOf(config.sources),
    attributes: config.attributes,
    limits: config.limits,
    flow: config.flow,
    prefix: config.attributePrefix,
    statusKey: config.statusKey,
  });
  if (!('problems' in plan)) return plan;
  throw new ConfigError(
    plan.problems.map(({ path, message }) => ({ path, expected: message })),
    undefined,
  );
}
