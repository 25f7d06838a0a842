import { describe, expect, it } from 'vitest';
import { customer, SLOW_ONCE, UNKNOWN_PHONE } from '../../src/demo/customers.ts';
import { API_KEY, isAnswered, isVisible, startStage, type Stage } from './service-stage.ts';

const MAYA = customer(1);
const LUCIA = customer(4);

const MAYAS_ATTRIBUTES = {
  'crm.customerId': MAYA.id,
  'crm.tier': 'gold',
  'crm.lastInteraction': '2026-01-02',
  'crm.preferences': '{"channel":"phone","language":"en"}',
};

/** Operations that reached the platform about conversations, in order. */
function platformCalls(stage: Stage): string[] {
  return stage.emulator.control
    .requests()
    .filter(({ path }) => path.startsWith('/api/v2/conversations'))
    .map(({ method, path }) => `${method} ${path.replaceAll(/[0-9a-f-]{36}/g, '{id}')}`);
}

const withCrmTimeout =
  (timeoutMs: number) =>
  (config: Record<string, unknown>): Record<string, unknown> => {
    // As the stage wrote it.
    const { crm } = config['sources'] as { readonly crm: object };
    return { ...config, sources: { crm: { ...crm, timeoutMs } } };
  };

/** No read is made before its time for want of a frame, however long the machine takes. */
const withoutReads = (config: Record<string, unknown>): Record<string, unknown> => ({
  ...config,
  write: { settleMs: 60_000, proveMs: 60_000 },
});

describe('the way of one conversation', () => {
  it('enriches a call with one request to the platform and proves it by the queue’s own frame', async () => {
    await using stage = await startStage({ config: withoutReads });
    const { conversationId } = stage.emulator.control.start({ queue: 'Support', from: MAYA.phone });
    await stage.until(isVisible(conversationId));
    const { answered, platformRequests, proofRequests } = await stage.until(
      isAnswered(conversationId),
    );
    expect(answered?.outcome).toMatchObject({
      result: 'enriched',
      participantRule: expect.any(String),
    });
    expect([platformRequests, proofRequests]).toEqual([1, 0]);
    expect(platformCalls(stage)).toEqual([
      'PATCH /api/v2/conversations/{id}/participants/{id}/attributes',
    ]);
    expect(stage.emulator.control.attributes(conversationId)).toEqual(MAYAS_ATTRIBUTES);
  });

  it('writes the default tier for a customer who has none', async () => {
    await using stage = await startStage();
    const { conversationId } = stage.emulator.control.start({
      queue: 'Support',
      from: LUCIA.phone,
    });
    await stage.until(isVisible(conversationId));
    expect(stage.emulator.control.attributes(conversationId)).toMatchObject({
      'crm.tier': 'standard',
    });
  });

  it('keeps what others wrote and sends only what differs', async () => {
    await using stage = await startStage();
    const { conversationId } = stage.emulator.control.start({
      queue: 'Support',
      from: MAYA.phone,
      attributes: { 'ivr.reason': 'billing', 'crm.tier': 'gold' },
    });
    await stage.until(isVisible(conversationId));
    expect(stage.emulator.control.attributes(conversationId)).toEqual({
      'ivr.reason': 'billing',
      ...MAYAS_ATTRIBUTES,
    });
    const [patch] = stage.emulator.control.requests().filter(({ method }) => method === 'PATCH');
    expect(JSON.stringify(patch)).not.toContain('"crm.tier"');
  });

  it('writes nothing for a caller whom the CRM does not know, and says so', async () => {
    await using stage = await startStage();
    const { conversationId } = stage.emulator.control.start({
      queue: 'Sales',
      from: UNKNOWN_PHONE,
    });
    const { answered } = await stage.until(isAnswered(conversationId));
    expect(answered?.outcome.result).toBe('not-found');
    expect(platformCalls(stage)).toEqual([]);
  });

  it('tries again when the CRM did not answer in time', async () => {
    await using stage = await startStage({ config: withCrmTimeout(1_000) });
    const { conversationId } = stage.emulator.control.start({
      queue: 'Support',
      from: SLOW_ONCE.phone,
    });
    await stage.until(isVisible(conversationId));
    expect(stage.crm.answers.get(200)).toBe(1);
    expect(stage.emulator.control.attributes(conversationId)).toMatchObject({
      'crm.customerId': SLOW_ONCE.id,
    });
  });

  it('does not write again when the call is answered and transferred to another queue', async () => {
    await using stage = await startStage();
    const { control } = stage.emulator;
    const { conversationId } = control.start({ queue: 'Support', from: MAYA.phone });
    await stage.until(isVisible(conversationId));
    control.move(conversationId, { kind: 'answer', user: control.world().users[0]?.name ?? '' });
    control.move(conversationId, { kind: 'enqueue', queue: 'Sales' });
    control.end(conversationId);
    await stage.until(
      (progress) =>
        progress.conversationId === conversationId &&
        progress.entries.some((entry) => entry.state === 'closed'),
    );
    expect(platformCalls(stage)).toHaveLength(1);
    expect(await stage.service.ledger.requests(conversationId as never)).toHaveLength(1);
  });

  it('needs no read for proof though the platform is quicker than our own record of the write', async () => {
    await using stage = await startStage({
      emulator: { attributes: { lagMs: 0 } },
      config: withoutReads,
    });
    const ids = Array.from(
      { length: 8 },
      () => stage.emulator.control.start({ queue: 'Support', from: MAYA.phone }).conversationId,
    );
    for (const id of ids) await stage.until(isVisible(id));
    const proofReads = stage.progress.reduce((sum, { proofRequests }) => sum + proofRequests, 0);
    expect([proofReads, platformCalls(stage).length]).toEqual([0, ids.length]);
  });

  it('leaves an audit row with the platform’s own ids of the requests that did it', async () => {
    await using stage = await startStage();
    const { control } = stage.emulator;
    const ids = (conversationId: string): readonly unknown[] =>
      control
        .requests()
        .filter(({ path }) => path.includes(conversationId))
        .map(({ correlationId }) => correlationId);
    const audited = async (conversationId: string) => {
      await stage.until(isAnswered(conversationId));
      const rows = await stage.service.ledger.audit.list({ conversationId });
      return rows.find(({ enrichment }) => enrichment !== undefined);
    };
    const heard = control.start({ queue: 'Support', from: MAYA.phone }).conversationId;
    expect(await audited(heard)).toMatchObject({ action: 'enriched', correlationIds: ids(heard) });
    const asked = control.start({ from: MAYA.phone }).conversationId;
    await ask(stage, asked);
    expect(await audited(asked)).toMatchObject({ action: 'enriched', correlationIds: ids(asked) });
    await ask(stage, 'unheard-of');
    const failed = await audited('unheard-of');
    expect(failed).toMatchObject({ action: 'failed', correlationIds: ids('unheard-of') });
    expect([heard, asked, 'unheard-of'].map((id) => ids(id).length)).toEqual([1, 2, 1]);
  });
});

async function ask({ service }: Stage, conversationId: string): Promise<void> {
  await fetch(`${service.url}/v1/conversations/${conversationId}/enrich`, {
    method: 'POST',
    headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' },
    body: '{}',
  });
}
