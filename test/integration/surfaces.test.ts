import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { customer } from '../../src/demo/customers.ts';
import { call, framesUntil, isVisible, json, post, startStage } from './service-stage.ts';

const SECRET = Buffer.from('a secret that nobody knows').toString('base64');

/** A request that can be followed. */
const TRACED = {
  enrichmentId: expect.any(String),
  traceId: expect.any(String),
  duplicate: false,
} as const;

describe('the surfaces of a running service', () => {
  it('answers with the outcome once every key is visible, when it is waited for', async () => {
    await using stage = await startStage();
    const { conversationId } = stage.emulator.control.start({ from: customer(1).phone });
    const path = `/v1/conversations/${conversationId}/enrich?wait=visible&timeoutMs=30000`;
    const answer = await call(stage, path, post({}));
    expect(answer.status).toBe(200);
    const { outcome } = (await answer.json()) as {
      outcome: { result: string; keys: { key: string; state: string }[] };
    };
    expect(outcome.result).toBe('enriched');
    expect(outcome.keys.map(({ state }) => state)).toEqual(outcome.keys.map(() => 'visible'));
    expect(outcome.keys.map(({ key }) => key)).toContain('crm.tier');
  });

  it('writes attributes as they are given and proves them', async () => {
    await using stage = await startStage();
    const { conversationId } = stage.emulator.control.start({ from: customer(1).phone });
    const path = `/v1/conversations/${conversationId}/attributes?wait=visible&timeoutMs=30000`;
    const body = { attributes: { 'case.number': '4711' } };
    const answer = await call(stage, path, { ...post(body), method: 'PATCH' });
    expect(answer.status).toBe(200);
    expect(stage.emulator.control.attributes(conversationId)).toMatchObject(body.attributes);
  });

  it('looks up what an enrichment would write, and writes nothing', async () => {
    await using stage = await startStage();
    const found = await json(call(stage, '/v1/lookup', post({ phone: customer(1).phone })));
    expect(found).toMatchObject({ status: 'found', attributes: { 'crm.tier': 'gold' } });
    const unknown = await json(call(stage, '/v1/lookup', post({ phone: '+12125550199' })));
    expect(unknown).toMatchObject({ status: 'not-found' });
    expect(stage.emulator.control.requests().some(({ method }) => method === 'PATCH')).toBe(false);
  });

  it('asks a source for nobody when a lookup has neither a number that can be read nor a conversation', async () => {
    await using stage = await startStage({
      config: (config) => ({ ...config, customer: { key: ['phone', 'conversationId'] } }),
    });
    const answer = await json(call(stage, '/v1/lookup', post({ phone: '__proto__' })));
    expect(answer).toMatchObject({ status: 'not-found' });
    expect([...stage.crm.answers]).toEqual([]);
  });

  it('finds the customer on the conversation when a lookup has nothing but its id', async () => {
    await using stage = await startStage();
    const { conversationId } = stage.emulator.control.start({ from: customer(1).phone });
    const ask = (body: object): Promise<unknown> =>
      json(call(stage, '/v1/lookup?timeoutMs=5000', post(body)));
    expect(await ask({ conversationId })).toMatchObject({
      status: 'found',
      attributes: { 'crm.tier': 'gold' },
    });
    expect(await ask({ conversationId: 'nobody-knows-it' })).toMatchObject({ status: 'not-found' });
    const reads = (): number =>
      stage.emulator.control
        .requests()
        .filter(({ path }) => path.endsWith(`/conversations/${conversationId}`)).length;
    const before = reads();
    await ask({ conversationId, phone: customer(1).phone });
    expect(reads()).toBe(before);
  });

  it('answers a lookup in time when the platform does not', async () => {
    await using stage = await startStage();
    const { conversationId } = stage.emulator.control.start({ from: customer(1).phone });
    const operation = 'GET /api/v2/conversations/*';
    stage.emulator.control.addFault({ kind: 'silence', operation, commits: false });
    const answer = await call(stage, '/v1/lookup?timeoutMs=300', post({ conversationId }));
    expect([answer.status, await answer.json()]).toMatchObject([200, { status: 'not-found' }]);
  });

  it('streams a conversation’s events to whoever holds a ticket, numbered from the first', async () => {
    await using stage = await startStage();
    const { conversationId } = stage.emulator.control.start({
      from: customer(1).phone,
      queue: 'Support',
    });
    const { ticket } = await json(call(stage, '/v1/tickets', post({ conversationId })));
    const stream = await fetch(
      `${stage.service.url}/v1/conversations/${conversationId}/events?ticket=${String(ticket)}`,
    );
    await stage.until(isVisible(conversationId));
    const frames = await framesUntil(stream, '"visible"');
    const numbers = frames.flatMap((frame) => /^id: (\d+)/.exec(frame)?.[1] ?? []).map(Number);
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  });

  it('takes an event by its signature, and refuses it once its body is another', async () => {
    await using stage = await startStage({
      config: (config) => ({
        ...config,
        listen: { queues: ['Support'], webhook: { secret: SECRET } },
      }),
    });
    const { conversationId, participantId } = stage.emulator.control.start({
      from: customer(1).phone,
    });
    const raw = JSON.stringify({
      topicName: `v2.detail.events.conversation.${conversationId}.customer.start`,
      eventBody: { conversationId, participantId, mediaType: 'VOICE', ani: customer(1).phone },
    });
    const at = new Date();
    const headers = {
      'content-type': 'application/json',
      'webhook-id': 'msg-1',
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': new Webhook(SECRET).sign('msg-1', at, raw),
    };
    const send = (body: string): Promise<Response> =>
      fetch(`${stage.service.url}/v1/events`, { method: 'POST', headers, body });
    expect((await send(`${raw} `)).status).toBe(401);
    const taken = await send(raw);
    expect([taken.status, await taken.json()]).toEqual([
      202,
      { accepted: 1, requests: [TRACED], observed: 0 },
    ]);
    await stage.until(isVisible(conversationId));
    expect(await (await send(raw)).json()).toEqual({ accepted: 0, observed: 0 });
  });

  it('shows what it counts, and keeps it from whoever has no key', async () => {
    await using stage = await startStage();
    const { conversationId } = stage.emulator.control.start({
      from: customer(1).phone,
      queue: 'Support',
    });
    await stage.until(isVisible(conversationId));
    const metrics = await (await call(stage, '/metrics')).text();
    expect(metrics).toContain('rapport_enrichments_total{result="enriched"} 1');
    expect(metrics).toContain('rapport_request_to_settled_seconds_count 1');
    expect(metrics).toContain('rapport_channels_open 1');
    // Each of what an operator is promised is there once there was work.
    for (const line of [
      'rapport_platform_requests_per_enrichment_count 1',
      'rapport_key_states_total{state="visible"}',
      'rapport_stage_seconds_count{stage="lookup"} 1',
      'rapport_stage_seconds_count{stage="write"} 1',
      'rapport_budget_used',
      'rapport_budget_forecast',
      'rapport_lookups_total{source="crm",answered="source"} 1',
      'rapport_lookups_total{source="crm",answered="fresh-cache"} 0',
      'rapport_breaker_state{kind="source",name="crm",state="closed"} 1',
      'rapport_ledger_depth{lane="live"} 0',
      'rapport_ledger_oldest_seconds{lane="live"} 0',
      'rapport_streams_open 0',
      'rapport_stream_events_dropped_total 0',
      'rapport_genesys_requests_total{operation=',
    ]) {
      expect(metrics).toContain(line);
    }
    expect(await json(call(stage, '/v1/stats'))).toMatchObject({
      successRate: 1,
      ledger: { requestMs: { samples: 1 } },
      process: { budget: { sent: expect.any(Number) }, gaps: expect.any(Array) },
    });
    expect((await fetch(`${stage.service.url}/metrics`)).status).toBe(401);
    const { audit } = (await json(call(stage, '/v1/audit'))) as { audit: object[] };
    expect(audit.length).toBeGreaterThan(0);
    const listed = await json(call(stage, '/v1/conversations'));
    expect(listed).toMatchObject({ conversations: [{ id: conversationId }] });
  });

  it('stops while a stream is open, and ends it', async () => {
    const stage = await startStage();
    const stream = await call(stage, '/v1/events');
    await stage[Symbol.asyncDispose]();
    expect(await stream.text()).toContain('retry:');
  });
});

describe('gap filling', () => {
  it('enriches a call that came in while the socket was cut', async () => {
    await using stage = await startStage({ emulator: { analytics: { queryDelayMs: 0 } } });
    const { control } = stage.emulator;
    control.dropSockets();
    const { conversationId } = control.start({ from: customer(1).phone, queue: 'Support' });
    await stage.until(isVisible(conversationId));
    const requests = control.requests().map(({ path }) => path);
    expect(requests).toContain('/api/v2/analytics/conversations/details/query');
    expect(control.attributes(conversationId)).toMatchObject({ 'crm.tier': 'gold' });
  });
});
