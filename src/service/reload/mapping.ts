import { planConfig } from '../../config/plan-config.ts';
import type { RapportConfig } from '../../config/schema.ts';
import { createEnrichDeps, type OpenEnrichDeps } from '../../enrich/enrich-deps.ts';
import type { EnrichDeps } from '../../enrich/pipeline.ts';
import type { EnrichPlan } from '../../enrich/plan.ts';
import type { GenesysClient } from '../../genesys/client.ts';
import type { Clock, Timer } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { createLookups, type Lookups } from '../../lookup/lookups.ts';

/** Longest time for which a turn may still ask sources that were replaced, in milliseconds. */
const RETIRE_MS = 60_000;

export interface MappingParts {
  readonly client: GenesysClient;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
}

/** The mapping with its sources, as it is in force; it can be replaced while turns run. */
export class Mapping implements AsyncDisposable {
  readonly #parts: MappingParts;
  readonly #retired = new Map<Lookups, Timer>();
  #config: RapportConfig;
  #lookups: Lookups;
  #enrich: OpenEnrichDeps;

  /** @throws {ConfigError} with every problem of the mapping */
  constructor(config: RapportConfig, parts: MappingParts) {
    this.#parts = parts;
    this.#config = config;
    // Planned first: a mapping that is wrong opens no source.
    const plan = planConfig(config);
    this.#lookups = createLookups(config.sources, parts);
    this.#enrich = this.#fit(plan, config.flow, this.#lookups);
  }

  /** Whoever begins something takes this once, so that it ends with the mapping that it began with. */
  get enrich(): EnrichDeps {
    return this.#enrich;
  }

  states(): ReturnType<Lookups['states']> {
    return this.#lookups.states();
  }

  /** Forgets a customer; returns how many answers of sources that were. */
  forget(...args: Parameters<Lookups['forget']>): number {
    this.#enrich.forgetPhones();
    const all = [this.#lookups, ...this.#retired.keys()];
    return all.reduce((sum, lookups) => sum + lookups.forget(...args), 0);
  }

  /**
   * Puts another mapping in force for everything that begins from now on. Unless one of them has
   * changed, the sources stay, with what they remember; else they serve what has begun for a minute more.
   *
   * @throws {ConfigError} with every problem; the mapping stays as it is then
   */
  replace(config: RapportConfig): void {
    const plan = planConfig(config);
    const isSame = JSON.stringify(config.sources) === JSON.stringify(this.#config.sources);
    const lookups = isSame ? this.#lookups : createLookups(config.sources, this.#parts);
    this.#enrich = this.#fit(plan, config.flow, lookups);
    this.#config = config;
    if (isSame) return;
    const before = this.#lookups;
    this.#lookups = lookups;
    this.#retired.set(
      before,
      this.#parts.clock.timer(RETIRE_MS, () => void this.#close(before)),
    );
  }

  #fit(plan: EnrichPlan, flow: RapportConfig['flow'], lookups: Lookups): OpenEnrichDeps {
    const { client, clock } = this.#parts;
    return createEnrichDeps({ plan, flow, client, lookups, clock });
  }

  async #close(lookups: Lookups): Promise<void> {
    this.#retired.get(lookups)?.cancel();
    this.#retired.delete(lookups);
    await lookups[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const retired = [...this.#retired.keys()].map((lookups) => this.#close(lookups));
    await Promise.all([...retired, this.#lookups[Symbol.asyncDispose]()]);
  }
}
