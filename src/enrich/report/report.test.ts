import { describe, expect, it } from 'vitest';
import { anInboundCall, aPlan, failed, found, run } from '../../../test/fixtures/enrichment.ts';
import { renderReport } from './render-report.ts';
import { MASK, maskReport, type EnrichmentReport } from './report.ts';

const attributes = {
  'crm.tier': { from: 'crm.tier', default: 'standard' },
  'crm.score': { from: 'crm.score', type: 'integer' },
  'crm.note': { from: 'crm.note', class: 'personal' },
  'orders.open': { from: 'orders.open' },
} as const;

async function aReport(): Promise<EnrichmentReport> {
  const { report } = await run({
    plan: aPlan({ attributes, sources: ['crm', 'orders'] }),
    conversation: anInboundCall({ 'crm.note': 'hello' }),
    answers: {
      crm: {
        ...found({ score: 'high', note: 'hello' }),
        from: 'fresh-cache',
        ageMs: 12_000,
        durationMs: 0,
      },
      orders: failed('ERR_SOURCE_TIMEOUT', 'orders'),
    },
  });
  return report;
}

describe('renderReport', () => {
  it('shows who, by which key, from where, every key with its verdict, and what would be sent', async () => {
    expect(renderReport(await aReport())).toBe(
      [
        'Conversation c1',
        'Result       enriched',
        'Participant  customer-1, customer (inbound): the customer called',
        'Key          phone "+15551230001"; tried before: externalId absent, externalContact absent',
        'Source       crm: found by phone from fresh-cache, 12 s old in 0 ms',
        'Source       orders: failed by phone in 800 ms (ERR_SOURCE_TIMEOUT)',
        '',
        'key          wanted      present  declared  actual  status    action',
        'crm.tier     "standard"  -        auto      absent  OK        write',
        'crm.score    -           -        integer   string  MISMATCH  none',
        'crm.note     "hello"     "hello"  auto      string  OK        unchanged',
        'orders.open  -           -        auto      absent  MISSING   none',
        '',
        'Reasons',
        '  crm.tier: crm.tier, by default',
        '  crm.score: crm.score → expected integer: a whole number in digits; found string',
        '  crm.note: crm.note',
        '  orders.open: orders.open → source-failed',
        '',
        'Would send   {"attributes":{"crm.tier":"standard"}}',
        'SHA-256      163bf173ced9f531f0dd549779ea79e7a4f3b6c7f13905b5941107eeee590f2d (RFC 8785), 38 bytes',
      ].join('\n'),
    );
  });

  it('lets no value act on the terminal', async () => {
    const value = '\u001b[2J\u009b1A\u202egold\r\n\u200b';
    const { report } = await run({
      plan: aPlan({ attributes: { 'crm.tier': { from: 'crm.tier' } } }),
      answers: { crm: found({ tier: value }) },
    });
    expect(new Set(renderReport(report).match(/\p{C}/gu))).toEqual(new Set(['\n']));
  });
});

describe('maskReport', () => {
  it('keeps every key, verdict, size and hash, and no value', async () => {
    const report = await aReport();
    const masked = maskReport(report);
    expect(masked.keys.map(({ key, status, wanted }) => [key, status, wanted])).toEqual([
      ['crm.tier', 'OK', MASK],
      ['crm.score', 'MISMATCH', undefined],
      ['crm.note', 'OK', MASK],
      ['orders.open', 'MISSING', undefined],
    ]);
    expect(masked.payloadHash).toBe(report.payloadHash);
    expect(JSON.stringify(masked)).not.toMatch(/standard|hello|15551230001/);
  });
});
