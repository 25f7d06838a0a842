import { describe, expect, it } from 'vitest';
import { customer } from '../../src/demo/customers.ts';
import { createAnswerJudge, type OpenApiDocument } from './answer-judge.ts';
import { call, isAnswered, isVisible, post, startStage } from './service-stage.ts';

const TOLD = ['GET', 'POST', 'PATCH'] as const;

describe('the OpenAPI document of a running service', () => {
  it('describes every answer of a day: member by member, with none left out', async () => {
    await using stage = await startStage({
      config: (config) => ({ ...config, analytics: { url: 'http://127.0.0.1:9/hook' } }),
    });
    const document = (await (await call(stage, '/openapi.json')).json()) as OpenApiDocument;
    const judge = createAnswerJudge(document);
    const { control } = stage.emulator;
    const { phone } = customer(1);
    const { conversationId: id } = control.start({ queue: 'Support', from: phone });
    await stage.until(isVisible(id));
    await call(stage, '/v1/conversations/nobody-knows-it/enrich', post({}));
    await stage.until(isAnswered('nobody-knows-it'));
    const patch = { method: 'PATCH', body: JSON.stringify({ attributes: { a: 'b' } }) };
    const deliveries = await call(stage, '/v1/deliveries');
    const [message] = ((await deliveries.json()) as { deliveries: { id: string }[] }).deliveries;

    const calls: readonly (readonly [
      path: string,
      filled: string,
      status: number,
      RequestInit?,
    ])[] = [
      ['/healthz', '/healthz', 200],
      ['/readyz', '/readyz', 200],
      ['/metrics', '/metrics', 200],
      ['/v1/conversations', '/v1/conversations?limit=1', 200],
      ['/v1/conversations', '/v1/conversations?cursor=x', 400],
      ['/v1/conversations/{id}', `/v1/conversations/${id}`, 200],
      ['/v1/conversations/{id}', '/v1/conversations/nobody-knows-it', 200],
      ['/v1/conversations/{id}', '/v1/conversations/never-asked-for', 404],
      ['/v1/conversations/{id}/attributes', `/v1/conversations/${id}/attributes`, 200],
      ['/v1/conversations/{id}/attributes', `/v1/conversations/${id}/attributes`, 202, patch],
      [
        '/v1/conversations/{id}/attributes',
        `/v1/conversations/${id}/attributes?wait=visible&timeoutMs=30000`,
        200,
        patch,
      ],
      ['/v1/conversations/{id}/enrich', `/v1/conversations/${id}/enrich`, 202, post({})],
      [
        '/v1/conversations/{id}/enrich',
        `/v1/conversations/${id}/enrich?wait=settled&timeoutMs=30000`,
        200,
        post({}),
      ],
      ['/v1/conversations/{id}/replay', '/v1/conversations/nobody-knows-it/replay', 202, post({})],
      ['/v1/conversations/{id}/replay', `/v1/conversations/${id}/replay`, 404, post({})],
      ['/v1/lookup', '/v1/lookup', 200, post({ phone })],
      ['/v1/lookup', '/v1/lookup', 422, post({})],
      ['/v1/events', '/v1/events', 202, post({ conversationId: id })],
      ['/v1/events', '/v1/events', 202, post({ topicName: 'another', eventBody: {} })],
      ['/v1/events', '/v1/events', 422, post({})],
      ['/v1/tickets', '/v1/tickets', 201, post({ conversationId: id })],
      ['/v1/stats', '/v1/stats', 200],
      ['/v1/audit', '/v1/audit?limit=3', 200],
      ['/v1/audit', '/v1/audit', 200],
      ['/v1/deliveries', '/v1/deliveries', 200],
      ['/v1/deliveries/{id}/replay', `/v1/deliveries/${message?.id}/replay`, 404, post({})],
      ['/v1/reload', '/v1/reload', 200, post({})],
      ['/v1/erasures', '/v1/erasures', 200, post({ phone })],
    ];
    for (const [path, filled, status, init] of calls) {
      const answer = await call(stage, filled, init);
      const method = init?.method ?? 'GET';
      const type = answer.headers.get('content-type') ?? '';
      const text = await answer.text();
      const answered = { method, path, status: answer.status, type, text };
      expect([filled, answer.status, judge(answered)]).toEqual([filled, status, []]);
    }
    const described = Object.entries(document.paths).flatMap(([path, operations]) =>
      TOLD.flatMap((method) => (operations[method.toLowerCase()] ? [`${method} ${path}`] : [])),
    );
    const asked = new Set(calls.map(([path, , , init]) => `${init?.method ?? 'GET'} ${path}`));
    expect(described.filter((operation) => !asked.has(operation))).toEqual([
      'GET /v1/conversations/{id}/events',
      'GET /v1/events',
    ]);
  });
});
