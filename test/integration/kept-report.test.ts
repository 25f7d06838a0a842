import { describe, expect, it } from 'vitest';
import { customer, UNKNOWN_PHONE } from '../../src/demo/customers.ts';
import { MASK } from '../../src/enrich/report/report.ts';
import { isAnswered, startStage, type Stage } from './service-stage.ts';

const MAYA = customer(1);

/** The outcome as the ledger keeps it, read back from its row. */
async function keptOutcome(stage: Stage, conversationId: string) {
  const { answered } = await stage.until(isAnswered(conversationId));
  const requests = await stage.service.ledger.requests(conversationId as never);
  const kept = requests.find(({ outcome }) => outcome !== undefined)?.outcome?.summary;
  expect(kept?.traceId).toBe(answered?.outcome.traceId);
  return kept;
}

describe('the report that is kept with an outcome', () => {
  it('explains every key, and holds no value of the customer', async () => {
    await using stage = await startStage();
    const { conversationId } = stage.emulator.control.start({
      queue: 'Support',
      from: MAYA.phone,
      attributes: { 'crm.tier': 'tin' },
    });
    const kept = await keptOutcome(stage, conversationId);
    expect(kept?.report).toMatchObject({
      result: 'enriched',
      key: { kind: 'phone', value: MASK },
      sources: [{ source: 'crm', answer: 'found' }],
      keys: [
        { key: 'crm.customerId', status: 'OK', action: 'write', wanted: MASK },
        { key: 'crm.tier', status: 'OK', action: 'write', wanted: MASK, present: MASK },
        { key: 'crm.lastInteraction', status: 'OK', wanted: MASK },
        { key: 'crm.preferences', status: 'OK', class: 'personal', wanted: MASK },
      ],
      payloadHash: kept?.payloadHash,
    });
    const text = JSON.stringify(kept);
    const values = [MAYA.id, MAYA.phone.slice(1), MAYA.name, MAYA.email, 'gold', 'tin', 'language'];
    for (const value of values) expect(text).not.toContain(`"${value}`);
    expect(text).not.toContain(MAYA.phone.slice(1));
    expect(text).not.toContain('2026-01-02');
  });

  it('is kept for a caller whom nobody knows, too', async () => {
    await using stage = await startStage();
    const { conversationId } = stage.emulator.control.start({
      queue: 'Support',
      from: UNKNOWN_PHONE,
    });
    const kept = await keptOutcome(stage, conversationId);
    expect(kept?.report).toMatchObject({
      result: 'not-found',
      keys: expect.arrayContaining([
        expect.objectContaining({ key: 'crm.tier', status: 'MISSING', reason: 'not-found' }),
      ]),
    });
    expect(JSON.stringify(kept)).not.toContain(UNKNOWN_PHONE.slice(1));
  });

  it('is kept for a turn that failed, too', async () => {
    await using stage = await startStage({
      // A type that no tier is of, under a policy that then writes nothing at all.
      config: (config) => ({
        ...config,
        attributes: { 'crm.tier': { from: 'crm.membership_tier', type: 'integer' } },
        flow: { id: 'none', onMismatch: 'fail' },
      }),
    });
    const { conversationId } = stage.emulator.control.start({ queue: 'Support', from: MAYA.phone });
    const kept = await keptOutcome(stage, conversationId);
    expect([kept?.result, kept?.report?.['result']]).toEqual(['failed', 'failed']);
    expect(JSON.stringify(kept)).not.toContain(MAYA.phone.slice(1));
  });
});
