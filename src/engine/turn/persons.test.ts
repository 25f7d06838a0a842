import { describe, expect, it } from 'vitest';
import { aConversation, aParticipant, aPlan, run } from '../../../test/fixtures/enrichment.ts';
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
    const { participant } = enrichment;
    const body = { externalId: 'C1', phone: '+1 (555) 123-0001' };
    expect(personsOf({ enrichment, participant, body })).toEqual([
      { kind: 'customer', value: 'C1' },
      { kind: 'phone', value: '+15551230001' },
    ]);
  });

  it('names the customer of a turn that looked nothing up by every address and id of theirs', () => {
    const conversation = aConversation(
      aParticipant('customer-1', 'customer', {
        externalContactId: 'contact-7',
        address: 'anna@example.com',
        calls: [
          { id: 'leg', state: 'connected', self: { addressNormalized: 'sip:+15551230001@x' } },
        ],
      }),
    );
    const participant = conversation.participants[0];
    expect(personsOf({ enrichment: undefined, participant, body: {} })).toEqual([
      { kind: 'customer', value: 'contact-7' },
      { kind: 'customer', value: 'anna@example.com' },
      { kind: 'phone', value: '+15551230001' },
    ]);
  });

  it('names nobody where nothing is known of anybody', () => {
    expect(personsOf({ enrichment: undefined, participant: undefined, body: {} })).toEqual([]);
  });
});
