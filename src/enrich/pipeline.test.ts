import { describe, expect, it } from 'vitest';
import { RapportError } from '../domain/errors.ts';
import {
  aConversation,
  anInboundCall,
  aParticipant,
  aPlan,
  failed,
  found,
  notFound,
  run,
} from '../../test/fixtures/enrichment.ts';
import { maskReport } from './report/report.ts';

const record = {
  id: 'CUST-998877',
  membership_tier: 'platinum',
  last_call_date: '2023-10-01T12:00:00Z',
  preferences: { language: 'en', channels: ['sms'] },
};

describe('enrich', () => {
  it('document 000: finds the caller, looks the CRM up by phone and maps the four attributes', async () => {
    const asked: string[] = [];
    const enrichment = await run({ answers: { crm: found(record) }, asked });
    expect(asked).toEqual(['crm phone=+15551230001']);
    expect(enrichment.participant?.id).toBe('customer-1');
    expect(Object.fromEntries(enrichment.patch)).toEqual({
      'crm.customerId': 'CUST-998877',
      'crm.tier': 'platinum',
      'crm.lastInteraction': '2023-10-01T12:00:00Z',
      'crm.preferences': '{"channels":["sms"],"language":"en"}',
    });
    expect(enrichment.result).toBe('enriched');
  });

  it('document 000: a customer without a tier is standard', async () => {
    const enrichment = await run({ answers: { crm: found({ id: 'C1', membership_tier: null }) } });
    expect(Object.fromEntries(enrichment.patch)).toEqual({
      'crm.customerId': 'C1',
      'crm.tier': 'standard',
    });
  });

  it('document 000: other writers’ keys are not sent, so they stay as they are', async () => {
    const conversation = anInboundCall({ 'ivr.choice': '2', 'crm.tier': 'gold' });
    const { patch } = await run({
      conversation,
      answers: { crm: found({ id: 'C1', membership_tier: 'gold' }) },
    });
    expect([...patch.keys()]).toEqual(['crm.customerId']);
  });

  it('sends nothing when the participant holds everything already', async () => {
    const conversation = anInboundCall({ 'crm.customerId': 'C1', 'crm.tier': 'standard' });
    const enrichment = await run({ conversation, answers: { crm: found({ id: 'C1' }) } });
    expect([enrichment.result, enrichment.patch.size]).toEqual(['unchanged', 0]);
  });

  it('document 000: an external id that is given wins over the phone number', async () => {
    const asked: string[] = [];
    await run({ request: { externalId: 'CUST-998877' }, answers: { crm: found(record) }, asked });
    expect(asked).toEqual(['crm externalId=CUST-998877']);
  });

  it('asks each source by its own key where it has one, and says by which', async () => {
    const asked: string[] = [];
    const attributes = {
      'crm.tier': { from: 'crm.tier' },
      'orders.open': { from: 'orders.open', type: 'integer' },
    } as const;
    const { report } = await run({
      plan: aPlan({
        attributes,
        sources: ['crm', 'orders', 'mail'],
        sourceKeys: { orders: ['email', 'phone'], mail: ['email'] },
      }),
      request: { externalId: 'C1' },
      answers: { crm: found({ tier: 'gold' }), orders: found({ open: 3 }, 'orders') },
      asked,
    });
    expect(asked).toEqual(['crm externalId=C1', 'orders phone=+15551230001']);
    expect(report.sources.map(({ source, keyKind }) => [source, keyKind])).toEqual([
      ['crm', 'externalId'],
      ['orders', 'phone'],
    ]);
    expect(report.sourceKeys).toEqual({
      orders: {
        kind: 'phone',
        value: '+15551230001',
        tried: [
          { keyKind: 'email', outcome: 'absent' },
          { keyKind: 'phone', outcome: 'used' },
        ],
      },
    });
    expect(JSON.stringify(maskReport(report))).not.toContain('15551230001');
  });

  it('leaves out a source whose own key nothing gave, whatever the customer’s key is', async () => {
    const asked: string[] = [];
    const { result, reason, report } = await run({
      plan: aPlan({ sourceKeys: { crm: ['email'] } }),
      asked,
    });
    expect(asked).toEqual([]);
    expect([result, reason, report.sources[0]?.answer]).toEqual(['not-found', 'no-key', 'skipped']);
  });

  it('writes nothing for an unknown customer, except defaults that ask for it', async () => {
    const attributes = {
      'crm.tier': { from: 'crm.tier', default: 'standard' },
      'crm.known': { from: '$exists(crm)', default: false, onNotFound: 'default' },
    } as const;
    const enrichment = await run({ plan: aPlan({ attributes }), answers: { crm: notFound() } });
    expect(Object.fromEntries(enrichment.patch)).toEqual({ 'crm.known': 'false' });
    expect([enrichment.result, enrichment.reason]).toEqual(['not-found', 'not-found']);
  });

  it('writes no default when a source failed, and says that it may be tried again', async () => {
    const attributes = {
      'crm.tier': { from: 'crm.tier', default: 'standard', onNotFound: 'default' },
    } as const;
    const enrichment = await run({ plan: aPlan({ attributes }), answers: { crm: failed() } });
    expect(enrichment).toMatchObject({
      result: 'failed',
      reason: 'ERR_SOURCE_TIMEOUT',
      retryable: true,
    });
    expect(enrichment.patch.size).toBe(0);
  });

  it('writes what the other sources gave when one failed', async () => {
    const attributes = {
      'crm.tier': { from: 'crm.tier' },
      'orders.open': { from: 'orders.open', type: 'integer' },
    } as const;
    const enrichment = await run({
      plan: aPlan({ attributes, sources: ['crm', 'orders'] }),
      answers: { crm: failed(), orders: found({ open: 3 }, 'orders') },
    });
    expect(Object.fromEntries(enrichment.patch)).toEqual({ 'orders.open': '3' });
    expect(enrichment.report.sources.map(({ source, answer }) => `${source} ${answer}`)).toEqual([
      'crm failed',
      'orders found',
    ]);
  });

  it('tells how the lookup went under the status key', async () => {
    const plan = aPlan({ statusKey: 'rapport.status' });
    const statusFor = async (answer: Parameters<typeof run>[0]['answers']): Promise<unknown> =>
      (await run({ plan, answers: answer ?? {} })).patch.get('rapport.status');
    expect(await statusFor({ crm: found({ id: 'C1' }) })).toBe('found');
    expect(await statusFor({ crm: notFound() })).toBe('not-found');
    expect(await statusFor({ crm: failed() })).toBe('failed');
    const stale = { ...found({ id: 'C1' }), from: 'stale-cache', ageMs: 60_000 } as const;
    expect(await statusFor({ crm: stale })).toBe('stale');
  });

  it('asks nobody when the conversation does not tell who the customer is', async () => {
    const asked: string[] = [];
    const conversation = aConversation(aParticipant('cust', 'customer'));
    const enrichment = await run({ conversation, asked });
    expect(asked).toEqual([]);
    expect([enrichment.result, enrichment.reason]).toEqual(['not-found', 'no-key']);
  });

  it('skips a conversation in which nobody is the customer', async () => {
    const conversation = aConversation(aParticipant('a', 'user'), aParticipant('b', 'user'));
    const enrichment = await run({ conversation });
    expect([enrichment.result, enrichment.reason]).toEqual(['skipped', 'internal']);
  });

  it('keeps secret values out of the plain attributes', async () => {
    const attributes = { 'crm.pin': { from: 'crm.pin', class: 'secret' } } as const;
    const enrichment = await run({
      plan: aPlan({ attributes }),
      answers: { crm: found({ pin: '4711' }) },
    });
    expect([enrichment.patch.size, enrichment.secure.get('crm.pin')]).toEqual([0, '4711']);
  });
});

describe('enrich with a flow', () => {
  const flow = {
    id: 'flow-1',
    name: 'Support',
    publishedVersion: {
      id: '7.0',
      inputSchema: {
        type: 'object',
        required: ['crm.vip', 'crm.region'],
        properties: {
          'crm.vip': { type: 'boolean' },
          'crm.score': { type: 'number' },
          'crm.region': { type: 'string' },
        },
      },
    },
  };
  const attributes = {
    'crm.vip': { from: 'crm.vip' },
    'crm.score': { from: 'crm.score' },
    'crm.note': { from: 'crm.note' },
  };

  it('document 002: coerces values to the types that the flow declares', async () => {
    const plan = aPlan({ attributes, flow: {} });
    const { patch } = await run({
      plan,
      flow,
      answers: { crm: found({ vip: 'Yes', score: '7.50' }) },
    });
    expect(Object.fromEntries(patch)).toEqual({ 'crm.vip': 'true', 'crm.score': '7.5' });
  });

  it('document 002: reports OK, MISMATCH, missing and extra keys', async () => {
    const plan = aPlan({ attributes, flow: {} });
    const { report } = await run({
      plan,
      flow,
      answers: { crm: found({ vip: true, score: 'high', note: 'hi' }) },
    });
    expect(report.keys.map(({ key, status, action }) => `${key} ${status} ${action}`)).toEqual([
      'crm.vip OK write',
      'crm.score MISMATCH none',
      'crm.note EXTRA write',
      'crm.region MISSING none',
    ]);
    expect(report.warnings).toEqual(['crm.region is required and missing']);
  });

  it('document 002: a mismatch that must fail names key, conversation, declared and actual type, and writes nothing', async () => {
    const plan = aPlan({ attributes, flow: { onMismatch: 'fail' } });
    const enrichment = await run({
      plan,
      flow,
      answers: { crm: found({ vip: 'maybe', note: 'hi' }) },
    });
    expect(enrichment).toMatchObject({ result: 'failed', reason: 'ERR_FLOW_MISMATCH' });
    expect(enrichment.message).toBe(
      'attribute crm.vip of conversation c1: flow flow-1 declares boolean: true, 1, yes, false, 0 or no; found string',
    );
    expect([enrichment.patch.size, enrichment.planned.length]).toEqual([0, 0]);
  });

  it('keeps a mismatch, and drops undeclared keys, where the configuration says so', async () => {
    const plan = aPlan({ attributes, flow: { onMismatch: 'keep', onUndeclared: 'drop' } });
    const { patch } = await run({
      plan,
      flow,
      answers: { crm: found({ vip: 'maybe', note: 'hi' }) },
    });
    expect(Object.fromEntries(patch)).toEqual({ 'crm.vip': 'maybe' });
  });

  it('falls back to the mapping’s own types when the flow can not be read, and says why', async () => {
    const plan = aPlan({ attributes, flow: {} });
    const forbidden = new RapportError({
      code: 'ERR_FORBIDDEN',
      message: 'no',
      details: { status: 403 },
    });
    const { patch, report } = await run({
      plan,
      flow: forbidden,
      answers: { crm: found({ vip: 'Yes' }) },
    });
    expect(Object.fromEntries(patch)).toEqual({ 'crm.vip': 'Yes' });
    expect(report.warnings).toEqual([
      'flow flow-1 may not be read (403): the OAuth client needs the permission architect:flow:view',
    ]);
  });
});
