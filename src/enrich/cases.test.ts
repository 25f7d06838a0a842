import { describe, expect, it } from 'vitest';
import { aPlan } from '../../test/fixtures/enrichment.ts';
import { ManualClock } from '../lib/manual-clock.ts';
import { casesOptions } from './case-options.ts';
import { renderCases, runCases, type CaseResult } from './cases.ts';
import { loadToE164 } from './phone.ts';

const run = (...cases: readonly object[]): Promise<readonly CaseResult[]> =>
  runCases(casesOptions.parse(cases), {
    plan: aPlan(),
    loadPhones: loadToE164,
    clock: new ManualClock(),
  });

describe('runCases', () => {
  it('passes a case whose attributes come out as expected', async () => {
    const results = await run({
      name: 'a gold customer',
      given: { phone: '+15551230001', crm: { id: 'C1', membership_tier: 'gold' } },
      expect: { 'crm.tier': 'gold', 'crm.preferences': null },
    });
    expect(results).toEqual([{ name: 'a gold customer', isPassed: true, differences: [] }]);
  });

  it('shows what differs, and why', async () => {
    const results = await run(
      {
        name: 'no tier',
        given: { crm: { id: 'C1' } },
        expect: { 'crm.tier': 'gold', 'crm.teir': 'x' },
      },
      { name: 'unknown', given: {}, expect: { 'crm.tier': 'standard' } },
      { name: 'CRM down', given: { crm: 'failed' }, expect: { 'crm.tier': 'standard' } },
      {
        name: 'nothing else',
        given: { crm: { id: 'C1' } },
        expect: { 'crm.tier': 'standard' },
        exact: true,
      },
    );
    expect(renderCases(results)).toBe(
      [
        'FAIL no tier',
        '       crm.tier',
        '         - "gold"',
        '         + "standard"',
        '       crm.teir',
        '         - "x"',
        '         + (not written)  (no mapping gives it; did you mean crm.tier?)',
        'FAIL unknown',
        '       crm.tier',
        '         - "standard"',
        '         + (not written)  (not-found)',
        'FAIL CRM down',
        '       crm.tier',
        '         - "standard"',
        '         + (not written)  (source-failed)',
        'FAIL nothing else',
        '       crm.customerId',
        '         - (not written)',
        '         + "C1"',
        '4 cases, 0 passed, 4 failed',
      ].join('\n'),
    );
  });

  it('compares what the customer should have, also when it is there already', async () => {
    const results = await run({
      name: 'unchanged',
      given: { attributes: { 'crm.tier': 'gold' }, crm: { membership_tier: 'gold' } },
      expect: { 'crm.tier': 'gold' },
    });
    expect(results[0]?.isPassed).toBe(true);
  });
});
