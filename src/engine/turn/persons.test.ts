import { describe, expect, it } from 'vitest';
import { aPlan, run } from '../../../test/fixtures/enrichment.ts';
import { personsOf } from './persons.ts';

describe('personsOf', () => {
  it('names every key that a source was asked by, once, so that each leads to an erasure', async () => {
    const enrichment = await run({
      plan: aPlan({
        sources: ['crm', 'orders', 'mail'],
        attributes: { a: { from: 'crm.a' }, b: { from: 'orders.b' }, c: { from: 'mail.c' } },
        sourceKeys: { orders: ['phone'], mail: ['conversationId'] },
      }),
      request: { externalId: 'C1' },
    });
    expect(personsOf(enrichment)).toEqual([
      { kind: 'customer', value: 'C1' },
      { kind: 'phone', value: '+15551230001' },
    ]);
  });

  it('names nobody where nothing was looked into', () => {
    expect(personsOf(undefined)).toEqual([]);
  });
});
