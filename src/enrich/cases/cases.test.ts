import { describe, expect, it } from 'vitest';
import { aPlan } from '../../../test/fixtures/enrichment.ts';
import { ManualClock } from '../../lib/manual-clock.ts';
import { casesOptions } from './case-options.ts';
import { renderCases, runCases, type CaseResult } from './cases.ts';
import { loadToE164 } from '../customer/phone.ts';

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

  describe('with a flow', () => {
    const given = { crm: { id: 'C1', membership_tier: 'gold', vip: 'maybe' } };
    const attributes = { 'crm.vip': { from: 'crm.vip' }, 'crm.id': { from: 'crm.id' } };
    const flow = {
      properties: { 'crm.vip': { type: 'boolean' }, region: { type: 'string' } },
      required: ['region'],
    };
    const runWith = (item: object, policy?: object): Promise<readonly CaseResult[]> =>
      runCases(casesOptions.parse([{ name: 'a case', given, expect: {}, ...item }]), {
        plan: aPlan({ attributes, ...(policy === undefined ? {} : { flow: { ...policy } }) }),
        loadPhones: loadToE164,
        clock: new ManualClock(),
      });

    it('drops and names what is not of the declared type', async () => {
      const status = { 'crm.vip': 'MISMATCH', 'crm.id': 'EXTRA', region: 'MISSING' };
      const [result] = await runWith({ flow, status, expect: { 'crm.vip': null } });
      expect(result).toMatchObject({ isPassed: true, differences: [] });
    });

    it('coerces to the declared type', async () => {
      const yes = { crm: { vip: 'yes' } };
      const item = { flow, given: yes, expect: { 'crm.vip': true }, status: { 'crm.vip': 'OK' } };
      expect((await runWith(item))[0]?.differences).toEqual([]);
    });

    it('follows the policy of the configuration', async () => {
      const kept = await runWith({ flow, expect: { 'crm.vip': 'maybe' } }, { onMismatch: 'keep' });
      expect(kept[0]?.isPassed).toBe(true);
      const refused = await runWith({ flow, expect: { 'crm.id': null } }, { onMismatch: 'fail' });
      expect(refused[0]?.isPassed).toBe(true);
      const only = await runWith({ flow, expect: { 'crm.id': null } }, { onUndeclared: 'drop' });
      expect(only[0]?.isPassed).toBe(true);
    });

    it('shows a verdict that is another one', async () => {
      const results = await runWith({ flow, status: { 'crm.vip': 'OK' } });
      expect(renderCases(results)).toContain(
        [
          '         - status OK',
          '         + status MISMATCH  (flow of the case declares boolean:',
        ].join('\n'),
      );
    });

    it('refuses a flow that declares nothing', () => {
      expect(() =>
        casesOptions.parse([{ name: 'x', given, expect: {}, flow: { id: 'f' } }]),
      ).toThrow(/declared inputs/);
    });
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
