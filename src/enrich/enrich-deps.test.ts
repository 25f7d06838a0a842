import { describe, expect, it } from 'vitest';
import { aPlan } from '../../test/fixtures/enrichment.ts';
import { ManualClock } from '../lib/manual-clock.ts';
import { createEnrichDeps } from './enrich-deps.ts';

const unused = (): never => {
  throw new Error('nothing is looked up here');
};

describe('createEnrichDeps', () => {
  it('reads numbers with one memory, and with a new one once they are to be forgotten', async () => {
    const deps = createEnrichDeps({
      plan: aPlan(),
      flow: undefined,
      client: { flows: { get: unused, getVersion: unused, list: unused } },
      lookups: { lookup: unused, usesOf: unused },
      clock: new ManualClock(),
    });
    const before = await deps.loadPhones();
    expect(before('tel:+1 555 123 0001')).toBe('+15551230001');
    expect(await deps.loadPhones()).toBe(before);
    deps.forgetPhones();
    expect(await deps.loadPhones()).not.toBe(before);
  });
});
