import { identify, type Identification, type IdentifyInput } from './identify.ts';
import type { ToE164 } from './phone.ts';
import type { EnrichPlan } from '../plan.ts';

/** What the sources are asked by. */
export interface Identifications {
  /** The customer's key, for every source without preferences of its own. */
  readonly customer: Identification;
  /** The keys of the sources that have their own preferences. */
  readonly bySource: ReadonlyMap<string, Identification>;
}

const NO_KEYS: Identifications['bySource'] = new Map();

/** Finds the customer's key, and the key of every source that is asked by one of its own. */
export async function identifyForSources(
  input: IdentifyInput,
  plan: Pick<EnrichPlan, 'keys' | 'sources' | 'sourceKeys'>,
  loadPhones: () => Promise<ToE164>,
): Promise<Identifications> {
  const customer = await identify(input, plan.keys, loadPhones);
  if (plan.sourceKeys.size === 0) return { customer, bySource: NO_KEYS };
  const bySource = new Map<string, Identification>();
  for (const source of plan.sources) {
    const keys = plan.sourceKeys.get(source);
    if (keys !== undefined) bySource.set(source, await identify(input, keys, loadPhones));
  }
  return { customer, bySource };
}

/** The key that one source is asked by. */
export const keyFor = (source: string, { customer, bySource }: Identifications): Identification =>
  bySource.get(source) ?? customer;
