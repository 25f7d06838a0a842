import { describe, expect, it } from 'vitest';
import { customer } from '../../src/demo/customers.ts';
import { API_KEY, isVisible, startStage, type Stage } from './service-stage.ts';

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: Readonly<Record<string, unknown>>;
}

async function call(stage: Stage, path: string, init: RequestInit = {}): Promise<Answer> {
  const headers = new Headers(init.headers);
  headers.set('authorization', `Bearer ${API_KEY}`);
  const response = await fetch(`${stage.service.url}${path}`, { ...init, headers });
  const text = await response.text();
  return {
    status: response.status,
    type: response.headers.get('content-type') ?? '',
    body: text === '' ? {} : (JSON.parse(text) as Answer['body']),
  };
}

const JSON_TYPE = { 'content-type': 'application/json' };
const post = (body: string, headers: Record<string, string> = JSON_TYPE): RequestInit => ({
  method: 'POST',
  body,
  headers,
});

describe('the HTTP interface', () => {
  it('enriches a conversation that nobody listened to, when asked', async () => {
    await using stage = await startStage();
    const { conversationId } = stage.emulator.control.start({ from: customer(1).phone });
    const asked = await call(stage, `/v1/conversations/${conversationId}/enrich`, post('{}'));
    expect(asked).toMatchObject({ status: 202, body: { duplicate: false } });
    await stage.until(isVisible(conversationId));
    const found = await call(stage, `/v1/conversations/${conversationId}`);
    expect(found.body).toMatchObject({ requests: [{ id: asked.body['enrichmentId'] }] });
  });

  it('answers a repeated idempotency key with the first enrichment', async () => {
    await using stage = await startStage();
    const { conversationId } = stage.emulator.control.start({ from: customer(1).phone });
    const path = `/v1/conversations/${conversationId}/enrich`;
    const headers = { ...JSON_TYPE, 'idempotency-key': 'once' };
    const first = await call(stage, path, post('{}', headers));
    const second = await call(stage, path, post('{}', headers));
    expect(second.body).toEqual({ ...first.body, duplicate: true });
  });

  it('tells of each key what it is, and what to do where it was overwritten', async () => {
    await using stage = await startStage();
    const { control } = stage.emulator;
    const { conversationId } = control.start({ from: customer(1).phone, queue: 'Support' });
    await stage.until(isVisible(conversationId));
    control.writeAttributes(conversationId, { 'crm.tier': 'another' });
    await stage.until(({ changed }) => changed.some(({ state }) => state === 'overwritten'));
    const { body } = await call(stage, `/v1/conversations/${conversationId}`);
    expect(body['keys']).toContainEqual(
      expect.objectContaining({
        key: 'crm.tier',
        state: 'overwritten',
        class: 'public',
        advice: expect.stringContaining('Somebody else wrote another value'),
        acceptedAt: expect.any(Number),
      }),
    );
  });

  it('turns away what comes while as many wait as may, and says when to come again', async () => {
    await using stage = await startStage({ config: (config) => ({ ...config, maxWaiting: 1 }) });
    const calls = [1, 2].map((n) => stage.emulator.control.start({ from: customer(n).phone }));
    const asked = await Promise.all(
      calls.map(({ conversationId }) =>
        call(stage, `/v1/conversations/${conversationId}/enrich`, post('{}')),
      ),
    );
    expect(new Set(asked.map(({ status }) => status))).toEqual(new Set([202, 503]));
    expect(asked.find(({ status }) => status === 503)?.body).toMatchObject({
      code: 'ERR_LEDGER_FULL',
    });
  });

  it.each([
    ['malformed JSON', '/v1/conversations/c1/enrich', post('{"a":'), 400],
    ['a field that is unknown', '/v1/conversations/c1/enrich', post('{"phon":"1"}'), 422],
    ['a field of the wrong type', '/v1/conversations/c1/enrich', post('{"phone":5}'), 422],
    ['a body that is no object', '/v1/conversations/c1/enrich', post('[1]'), 422],
    ['a hostile key', '/v1/conversations/c1/enrich', post('{"__proto__":{"admin":true}}'), 422],
    ['an id that is none', '/v1/conversations/%20%0a/enrich', post('{}'), 400],
    [
      'another content type',
      '/v1/conversations/c1/enrich',
      post('<a/>', { 'content-type': 'text/xml' }),
      415,
    ],
    [
      'a body over the limit',
      '/v1/conversations/c1/enrich',
      post(`{"reason":"${'x'.repeat(1_100_000)}"}`),
      413,
    ],
    ['malformed JSON as an event', '/v1/events', post('not json'), 400],
    ['a flat event that names no conversation', '/v1/events', post('{"phone":"+1555"}'), 422],
    ['a flat event of an id that is none', '/v1/events', post('{"conversationId":""}'), 422],
    ['an unknown conversation', '/v1/conversations/nobody', {}, 404],
    ['an id over the limit', `/v1/conversations/${'c'.repeat(300)}`, {}, 414],
    ['a path that cannot be decoded', '/v1/conversations/%ff', {}, 400],
    ['an unknown route', '/v1/nothing', {}, 404],
  ])('answers %s with a problem document', async (_what, path, init, status) => {
    await using stage = await startStage();
    const answer = await call(stage, path, init);
    expect(answer.status).toBe(status);
    expect(answer.type).toContain('application/problem+json');
    expect(answer.body).toMatchObject({ status, code: expect.stringMatching(/^ERR_/) });
  });

  it.each([
    { 'detail-type': 'of.another.kind', detail: { topicName: 'v2.users.u.presence' }, id: 'e1' },
    { 'detail-type': 'v2.detail.events.conversation.{id}.customer.start', detail: null },
    { topicName: 'channel.metadata', eventBody: { message: 'pong' } },
  ])('takes the platform’s event %j, of which it has no use', async (event) => {
    await using stage = await startStage();
    const answer = await call(stage, '/v1/events', post(JSON.stringify(event)));
    expect([answer.status, answer.body]).toMatchObject([
      202,
      { accepted: 0, ignored: expect.any(String) },
    ]);
  });

  it.each([undefined, 'Bearer wrong', 'Basic YTpi', 'Bearer '])(
    'refuses %s, and an event alike',
    async (authorization) => {
      await using stage = await startStage();
      const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
      for (const path of ['/v1/conversations/c1/enrich', '/v1/events']) {
        const response = await fetch(`${stage.service.url}${path}`, {
          method: 'POST',
          headers,
          body: '{}',
        });
        expect(response.status).toBe(401);
      }
    },
  );

  it('is alive and ready without a key', async () => {
    await using stage = await startStage();
    for (const path of ['/healthz', '/readyz']) {
      expect((await fetch(`${stage.service.url}${path}`)).status).toBe(200);
    }
  });
});
