import type { Clock } from '../../src/lib/clock.ts';
import type { LookupAnswer } from '../../src/lookup/lookup.ts';
import { failed, found } from '../fixtures/enrichment.ts';

/** The only source: what it holds of the customer, and what it has said. */
export class Crm {
  readonly values: Map<string, string> = new Map();
  /** What it has said of a key from when on. */
  readonly said: { readonly at: number; readonly key: string; readonly value: string }[] = [];
  /** How many of the next questions it does not answer. */
  failures = 0;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  lookUp(): LookupAnswer {
    if (this.failures > 0) {
      this.failures -= 1;
      return failed();
    }
    const at = this.#clock.wallMs();
    for (const [key, value] of this.values) this.said.push({ at, key, value });
    return found(Object.fromEntries(this.values));
  }
}
