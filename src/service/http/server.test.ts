import { once } from 'node:events';
import { connect } from 'node:net';
import type { LightMyRequestResponse } from 'fastify';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Scope } from '../../access/principal.ts';
import { silentLog } from '../../lib/log.ts';
import type { Receipt } from './rooms.ts';
import { createApp } from './server.ts';
import { anAgent, appOf, createStage, receipt, startOn } from './stage.fixture.ts';

const CALLS = [
  ['POST', '/v1/conversations/known/enrich', 'enrich'],
  ['PATCH', '/v1/conversations/known/attributes', 'write'],
  ['GET', '/v1/conversations', 'read'],
  ['GET', '/v1/conversations/known', 'read'],
  ['GET', '/v1/conversations/known/attributes', 'attributes'],
  ['POST', '/v1/lookup', 'lookup'],
  ['POST', '/v1/tickets', 'read'],
  ['GET', '/v1/stats', 'stats'],
  ['GET', '/metrics', 'stats'],
  ['GET', '/v1/audit', 'audit'],
  ['POST', '/v1/reload', 'reload'],
  ['GET', '/v1/deliveries', 'deliveries'],
  ['POST', '/v1/deliveries/dead/replay', 'deliveries'],
  ['POST', '/v1/conversations/known/replay', 'enrich'],
  ['POST', '/v1/erasures', 'erase'],
] as const;

describe('createApp', () => {
  it.each(CALLS)('lets only the right scope call %s %s', async (method, url, scope) => {
    const stage = createStage();
    await using app = appOf(stage);
    const payloads: Partial<Record<Scope, object>> = {
      write: { attributes: { a: 'b' } },
      lookup: { phone: '+15551230001' },
      erase: { customer: 'C1' },
    };
    const payload = payloads[scope];
    const call = async (headers: Record<string, string>): Promise<number> =>
      (await app.inject({ method, url, headers, ...(payload && { payload }) })).statusCode;
    expect(await call({})).toBe(401);
    expect(await call(stage.as('events'))).toBe(403);
    expect(await call(stage.as(scope))).toBeLessThan(300);
  });

  it('orders an enrichment and a write with what was given, and passes the idempotency key', async () => {
    const stage = createStage();
    await using app = appOf(stage);
    const headers = { ...stage.as(), 'idempotency-key': 'k1' };
    const base = '/v1/conversations/c1';
    const first = await app.inject({
      method: 'POST',
      url: `${base}/enrich`,
      headers,
      payload: { phone: ' +15551230001 ', participantId: 'p1' },
    });
    expect([first.statusCode, first.json()]).toEqual([202, receipt]);
    const attributes = JSON.parse('{"__proto__":"x","gone":null}') as object;
    await app.inject({
      method: 'PATCH',
      url: `${base}/attributes`,
      headers,
      payload: { attributes },
    });
    expect(stage.orders).toMatchObject([
      {
        kind: 'enrich',
        idempotencyKey: 'k1',
        body: { phone: '+15551230001', participantId: 'p1' },
      },
      { kind: 'set' },
    ]);
    expect([...(stage.orders[1]?.body.attributes ?? [])]).toEqual([
      ['__proto__', 'x'],
      ['gone', ''],
    ]);
  });

  it('answers with the outcome when it is waited for, and with the receipt when it is late', async () => {
    const outcomes: unknown[] = [{ result: 'enriched' }, undefined];
    const stage = createStage({ waitFor: async () => outcomes.shift() });
    await using app = appOf(stage);
    const ask = (): Promise<LightMyRequestResponse> =>
      app.inject({
        method: 'POST',
        url: '/v1/conversations/c1/enrich?wait=visible',
        headers: stage.as(),
      });
    const [inTime, late] = [await ask(), await ask()];
    expect([inTime.statusCode, inTime.json()]).toEqual([
      200,
      { ...receipt, outcome: { result: 'enriched' } },
    ]);
    expect([late.statusCode, late.json()]).toEqual([202, { ...receipt, outcome: null }]);
  });

  it('lists every problem of an input with its place', async () => {
    const stage = createStage();
    await using app = appOf(stage);
    const answer = await app.inject({
      method: 'POST',
      url: '/v1/conversations/c1/enrich?timeoutMs=1',
      headers: stage.as(),
      payload: { phone: 5, colour: 'red' },
    });
    expect(answer.statusCode).toBe(422);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    const byQuery = answer.json<{ problems: { path: string }[] }>();
    expect(byQuery.problems.map(({ path }) => path)).toEqual(['query.timeoutMs']);
    const byBody = await app.inject({
      method: 'POST',
      url: '/v1/conversations/c1/enrich',
      headers: stage.as(),
      payload: { phone: 5, colour: 'red' },
    });
    const { problems } = byBody.json<{ problems: { path: string }[] }>();
    expect(problems.map(({ path }) => path)).toEqual(['body.phone', 'body']);
    const attributes = { good: 'x', bad: 5, '': 'y' };
    const byKeys = await app.inject({
      method: 'PATCH',
      url: '/v1/conversations/c1/attributes',
      headers: stage.as(),
      payload: { attributes },
    });
    const keys = byKeys.json<{ problems: { path: string }[] }>().problems;
    expect(keys.map(({ path }) => path)).toEqual(['body.attributes.bad', 'body.attributes.']);
    expect(stage.orders).toEqual([]);
  });

  it('says which identifiers a lookup is by, when it has none of them', async () => {
    const stage = createStage();
    await using app = appOf(stage);
    const ask = (payload: object) =>
      app.inject({ method: 'POST', url: '/v1/lookup', headers: stage.as(), payload });
    for (const payload of [{}, { customer: 'C1' }]) {
      const answer = await ask(payload);
      expect([answer.statusCode, answer.json()]).toMatchObject([
        422,
        { code: 'ERR_INVALID_INPUT', detail: expect.stringContaining('externalId, phone, email') },
      ]);
    }
    expect((await ask({ email: false })).json()).toMatchObject({
      detail: 'body.email: expected a text or a number',
    });
    for (const withheld of [{ phone: '' }, { phone: null }, { conversationId: '', phone: ' ' }]) {
      expect((await ask(withheld)).statusCode).toBe(200);
    }
  });

  it('takes what a flow sends for "not set" as not set, and never writes by a lookup', async () => {
    const asked: unknown[] = [];
    const stage = createStage({
      lookup: async (input) => {
        asked.push(input);
        return { status: 'stale', attributes: {}, traceId: receipt.traceId };
      },
    });
    await using app = appOf(stage);
    const payload = { conversationId: '', externalId: 4711, phone: null, email: ' ', extra: true };
    const answer = await app.inject({
      method: 'POST',
      url: '/v1/lookup',
      headers: stage.as(),
      payload,
    });
    expect(answer.json()).toMatchObject({ status: 'stale' });
    expect(asked).toEqual([
      {
        conversationId: undefined,
        externalId: '4711',
        phone: undefined,
        email: undefined,
        timeoutMs: 2000,
      },
    ]);
    expect(stage.orders).toEqual([]);
  });

  it('does not listen to an address that tries key after key, but for who has one', async () => {
    const stage = createStage();
    await using app = appOf(stage);
    const status = async (headers: Record<string, string>): Promise<number> =>
      (await app.inject({ method: 'GET', url: '/v1/audit', headers })).statusCode;
    const tried: number[] = [];
    for (let n = 0; n < 31; n++) tried.push(await status({ authorization: `Bearer k${n}` }));
    expect(tried.slice(-2)).toEqual([401, 429]);
    expect(await status(stage.as())).toBe(200);
    const event = { method: 'POST', url: '/v1/events', payload: { conversationId: 'c1' } } as const;
    expect((await app.inject(event)).statusCode).toBe(202);
    await stage.clock.advance(60_000);
    expect(await status({ authorization: 'Bearer k' })).toBe(401);
  });

  it('asks about no more than thirty wrong tokens of agents in a minute, and lets known agents in', async () => {
    const asked: (string | undefined)[] = [];
    const stage = createStage({
      identifyAgent: async (authorization, { asksNew = true } = {}) => {
        if (authorization === 'Bearer ann') return anAgent('ann');
        if (asksNew) asked.push(authorization);
        return undefined;
      },
    });
    await using app = appOf(stage);
    const get = async (url: string, authorization: string): Promise<number> =>
      (await app.inject({ method: 'GET', url, headers: { authorization } })).statusCode;
    for (let n = 0; n < 40; n++) await get('/v1/conversations/known/events', `Bearer stream${n}`);
    for (let n = 0; n < 5; n++) await get('/v1/conversations/known', `Bearer guess${n}`);
    expect(asked).toHaveLength(30);
    expect(await get('/v1/conversations/known', 'Bearer ann')).toBe(200);
    expect(await get('/v1/conversations/known', 'Bearer guess')).toBe(429);
  });

  it('asks about no more than thirty wrong tokens also when they come at once', async () => {
    const answer = Promise.withResolvers<undefined>();
    const asked: unknown[] = [];
    const stage = createStage({
      identifyAgent: async (authorization, { asksNew = true } = {}) => {
        if (!asksNew) return undefined;
        asked.push(authorization);
        return answer.promise;
      },
    });
    await using app = appOf(stage);
    const burst = Array.from({ length: 40 }, (_, n) => {
      const headers = { authorization: `Bearer guess${n}` };
      return app.inject({ method: 'GET', url: '/v1/conversations/known', headers });
    });
    answer.resolve(undefined);
    const statuses = (await Promise.all(burst)).map(({ statusCode }) => statusCode);
    expect(Object.groupBy(statuses, String)).toMatchObject({
      401: { length: 30 },
      429: { length: 10 },
    });
    expect(asked).toHaveLength(30);
  });

  it('lets in all agents who come at once from one address', async () => {
    const stage = createStage({
      identifyAgent: async (authorization, { asksNew = true } = {}) =>
        asksNew ? anAgent(String(authorization)) : undefined,
    });
    await using app = appOf(stage);
    const burst = Array.from({ length: 40 }, (_, n) => {
      const headers = { authorization: `Bearer agent${n}` };
      return app.inject({ method: 'GET', url: '/v1/conversations/known', headers });
    });
    const statuses = (await Promise.all(burst)).map(({ statusCode }) => statusCode);
    expect(new Set(statuses)).toEqual(new Set([200]));
  });

  it('shows the credential of an event to nobody else', async () => {
    const asked: unknown[] = [];
    const stage = createStage({ identifyAgent: async (header) => void asked.push(header) });
    await using app = appOf(stage);
    const headers = { authorization: 'Bearer key-of-the-sender', 'content-type': 'text/plain' };
    await app.inject({ method: 'POST', url: '/v1/events', headers, payload: '{}' });
    expect(asked).toEqual([]);
  });

  it.each(['/v1/conversations/known', '/v1/conversations/unknown', '/openapi.json', '/v1/%zz'])(
    'lets nobody keep the answer to %s, or take it for something else',
    async (url) => {
      const stage = createStage();
      await using app = appOf(stage);
      const { headers: got } = await app.inject({ method: 'GET', url, headers: stage.as() });
      expect(`${got['cache-control']} ${got['x-content-type-options']}`).toBe('no-store nosniff');
    },
  );

  it('has no stream without a body, which would never end', async () => {
    const stage = createStage();
    await using app = appOf(stage);
    const head = { method: 'HEAD', url: '/v1/events', headers: stage.as() } as const;
    expect((await app.inject(head)).statusCode).toBe(404);
  });

  it('takes no body for an empty one, whatever type it says to have', async () => {
    const stage = createStage();
    await using app = appOf(stage);
    const headers = { ...stage.as(), 'content-type': 'application/json' };
    const answer = await app.inject({
      method: 'POST',
      url: '/v1/conversations/c1/enrich',
      headers,
      payload: '',
    });
    expect(answer.statusCode).toBe(202);
    expect(stage.orders).toMatchObject([{ conversationId: 'c1', body: {} }]);
  });

  it.each([
    ['no JSON', 400, 'ERR_MALFORMED_JSON', 'application/json', '{'],
    ['too much', 413, 'ERR_BODY_TOO_LARGE', 'application/json', `"${'x'.repeat(1_048_576)}"`],
    ['another type', 415, 'ERR_MEDIA_TYPE', 'text/csv', 'a,b'],
  ])('says what to do about a body that is %s', async (_what, status, code, type, payload) => {
    const stage = createStage();
    await using app = appOf(stage);
    const headers = { ...stage.as(), 'content-type': type };
    const answer = await app.inject({ method: 'POST', url: '/v1/lookup', headers, payload });
    expect(answer.json()).toMatchObject({ status, code, nextStep: expect.any(String) });
  });

  it('turns requests away, with a time to come back, when too many are under way', async () => {
    const held = Promise.withResolvers<void>();
    const stage = createStage({
      readConversation: async (id) => {
        await held.promise;
        return { id };
      },
    });
    await using app = createApp({
      rooms: stage.rooms,
      log: silentLog,
      limits: { maxConcurrent: 1 },
    });
    const get = (url: string): Promise<LightMyRequestResponse> =>
      app.inject({ method: 'GET', url, headers: stage.as() });
    const first = get('/v1/conversations/a');
    await stage.clock.advance(0);
    const second = await get('/v1/conversations/b');
    expect([second.statusCode, second.headers['retry-after']]).toEqual([503, '1']);
    expect((await get('/healthz')).statusCode).toBe(200);
    held.resolve();
    expect((await first).statusCode).toBe(200);
    expect((await get('/v1/conversations/b')).statusCode).toBe(200);
  });

  it('lets one caller send so many in a second, and holds back nobody else for it', async () => {
    const stage = createStage();
    await using app = createApp({
      rooms: stage.rooms,
      log: silentLog,
      limits: { requestsPerSecond: 2 },
    });
    const get = (scope: Scope): Promise<LightMyRequestResponse> =>
      app.inject({ method: 'GET', url: '/v1/audit', headers: stage.as(scope) });
    const first = [await get('audit'), await get('audit'), await get('audit')];
    expect(first.map(({ statusCode }) => statusCode)).toEqual([200, 200, 429]);
    expect(first[2]?.headers['retry-after']).toBe('1');
    expect((await get('read')).statusCode).toBe(403);
    await stage.clock.advance(500);
    expect((await get('audit')).statusCode).toBe(200);
    expect((await get('audit')).statusCode).toBe(429);
  });

  it('lets pages of the given origins call, and tells no other page that it may', async () => {
    const stage = createStage();
    const desktop = 'https://desktop.example';
    await using app = createApp({
      rooms: stage.rooms,
      log: silentLog,
      limits: { origins: [desktop] },
    });
    const ask = (method: 'OPTIONS' | 'POST', origin: string): Promise<LightMyRequestResponse> =>
      app.inject({ method, url: '/v1/tickets', headers: { ...stage.as('read'), origin } });
    const preflight = await ask('OPTIONS', desktop);
    expect([preflight.statusCode, preflight.headers['access-control-allow-origin']]).toEqual([
      204,
      desktop,
    ]);
    expect((await ask('POST', desktop)).headers['access-control-allow-origin']).toBe(desktop);
    for (const method of ['OPTIONS', 'POST'] as const) {
      const { headers } = await ask(method, 'https://elsewhere.example');
      expect(headers['access-control-allow-origin']).toBeUndefined();
      expect(headers['vary']).toBe('origin');
    }
    await using closed = appOf(stage);
    const refused = await closed.inject({
      method: 'OPTIONS',
      url: '/v1/tickets',
      headers: { origin: desktop },
    });
    expect(refused.headers['access-control-allow-origin']).toBeUndefined();
  });

  it('describes every route that it has', async () => {
    const stage = createStage();
    await using app = appOf(stage);
    const document = (await app.inject({ url: '/openapi.json' })).json<OpenApi>();
    const told = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    for (const [method, url] of CALLS) {
      expect(told).toContain(`${method} ${templateOf(url)}`);
    }
    expect(told).toContain('GET /v1/conversations/{id}/events');
    const page = await app.inject({ url: '/docs' });
    expect(page.body).toContain('enrichConversation');
    expect(page.headers['content-security-policy']).toContain("default-src 'none'");
  });

  it('sets as code on its page what descriptions have between backticks', async () => {
    await using app = appOf(createStage());
    const page = await app.inject({ url: '/docs' });
    expect(page.body).toContain('or with <code>wait</code> once its outcome is known');
    expect(page.body).not.toContain('`');
  });

  it('describes each error that an operation may answer with, and what is no problem as what it is', async () => {
    await using app = appOf(createStage());
    const { paths } = (await app.inject({ url: '/openapi.json' })).json<OpenApi>();
    const statuses = (path: string, method: string): string[] =>
      Object.keys(paths[path]?.[method]?.responses ?? {});
    expect(statuses('/v1/events', 'post')).toEqual([
      '202',
      '400',
      '401',
      '413',
      '415',
      '422',
      '429',
      '503',
      'default',
    ]);
    expect(statuses('/v1/events', 'get')).toEqual([
      '200',
      '401',
      '403',
      '422',
      '429',
      '503',
      'default',
    ]);
    expect(statuses('/v1/conversations/{id}/enrich', 'post')).toEqual([
      '200',
      '202',
      '400',
      '401',
      '403',
      '413',
      '414',
      '415',
      '422',
      '429',
      '503',
      'default',
    ]);
    expect(statuses('/v1/conversations/{id}', 'get')).toEqual([
      '200',
      '400',
      '401',
      '403',
      '404',
      '414',
      '429',
      '503',
      'default',
    ]);
    expect(statuses('/healthz', 'get')).toEqual(['200', 'default']);
    const unready = paths['/readyz']?.['get']?.responses['503'];
    expect(Object.keys(unready?.content ?? {})).toEqual(['application/json']);
  });

  it('answers whatever is sent to whichever route with no defect, and as it is described', async () => {
    const stage = createStage();
    await using app = appOf(stage);
    const { paths } = (await app.inject({ url: '/openapi.json' })).json<OpenApi>();
    const text = fc.oneof(fc.string(), fc.constantFrom('__proto__', '%00', '..', '{id}', 'known'));
    const request = fc.record({
      method: fc.constantFrom('GET', 'POST', 'PATCH', 'DELETE'),
      path: fc.constantFrom(
        ...new Set([...CALLS.map(([, url]) => url), '/v1/events?x', '/openapi.json', '/nothing']),
      ),
      segment: text,
      query: fc.dictionary(fc.constantFrom('limit', 'cursor', 'wait', 'ticket', 'sinceMs'), text),
      payload: fc.oneof(fc.json(), fc.string()),
      type: fc.constantFrom('application/json', 'text/plain', ''),
      key: fc.oneof(text, fc.constant('k')),
      caller: fc.constantFrom(
        ...Array.from({ length: 6 }, () => stage.as()),
        stage.as('stats'),
        { authorization: 'Bearer wrong' },
        {},
      ),
    });
    await fc.assert(
      fc.asyncProperty(
        request,
        async ({ method, path, segment, query, payload, type, key, caller }) => {
          const url = path.replace(/known|dead/, encodeURIComponent(segment));
          const search = new URLSearchParams(query).toString();
          const answer = await app.inject({
            method: method as 'GET',
            url: url.includes('?') ? url : `${url}?${search}`,
            headers: {
              ...caller,
              'content-type': type,
              'idempotency-key': key.replaceAll(/[^\x20-\x7e]/g, ''),
            },
            ...(method === 'GET' ? {} : { payload }),
          });
          expect(answer.statusCode).toBeLessThan(500);
          const operation = paths[templateOf(path)]?.[method.toLowerCase()];
          if (operation === undefined || answer.body.includes('ERR_NO_SUCH_ROUTE')) return;
          expect(Object.keys(operation.responses)).toContain(String(answer.statusCode));
        },
      ),
      { numRuns: Number(process.env['RAPPORT_RUNS'] ?? 60) },
    );
  });
});

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

interface Operation {
  readonly operationId: string;
  readonly responses: Readonly<Record<string, { readonly content: object }>>;
}

/** The path as it is described, of one with ids in it. */
const templateOf = (url: string): string => url.replace(/known|dead/, '{id}').replace(/\?.*/, '');

/** Reads the stream's text until it holds `until`. */
async function readUntil(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  until: string,
): Promise<string> {
  let text = '';
  while (!text.includes(until)) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`ended before ${until}: ${text}`);
    text += Buffer.from(value).toString('utf8');
  }
  return text;
}

function bodyOf(response: Response): ReadableStreamDefaultReader<Uint8Array> {
  if (response.body === null) throw new Error('no body');
  return response.body.getReader();
}

describe('startHttpServer', () => {
  it('opens by a ticket once, resumes after an id, and ends with the server', async () => {
    const stage = createStage();
    const server = await startOn(stage);
    stage.source.write('c1');
    stage.source.write('c1');
    const issued = await fetch(`${server.url}/v1/tickets`, {
      method: 'POST',
      headers: { ...stage.as('read'), 'content-type': 'application/json' },
      body: JSON.stringify({ conversationId: 'c1' }),
    });
    expect(issued.status).toBe(201);
    const { ticket } = (await issued.json()) as { ticket: string };
    const url = `${server.url}/v1/conversations/c1/events?ticket=${ticket}`;
    const stream = await fetch(url, { headers: { 'last-event-id': '1' } });
    expect(stream.headers.get('content-type')).toContain('text/event-stream');
    const reader = bodyOf(stream);
    expect(await readUntil(reader, 'id: 2\n')).not.toContain('id: 1\n');
    stage.source.write('c1');
    await readUntil(reader, 'id: 3\n');
    expect((await fetch(url)).status).toBe(401);
    await server[Symbol.asyncDispose]();
    expect((await reader.read()).done).toBe(true);
    expect(stage.clock.pendingTimers).toBe(0);
  });

  it('stops as soon as what is under way is answered, whoever else is connected', async () => {
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<undefined>();
    const readConversation = (): Promise<undefined> => {
      asked.resolve();
      return answer.promise;
    };
    const stage = createStage({ readConversation });
    const server = await startOn(stage);
    const response = fetch(`${server.url}/v1/conversations/c1`, { headers: stage.as('read') });
    const silent = connect(Number(new URL(server.url).port), '127.0.0.1');
    await Promise.all([asked.promise, once(silent, 'connect')]);
    const stopped = server[Symbol.asyncDispose]();
    answer.resolve(undefined);
    expect((await response).status).toBe(404);
    await Promise.all([stopped, once(silent, 'close')]);
    expect(stage.clock.pendingTimers).toBe(0);
  });

  it('waits for nobody who has hung up on a stream', async () => {
    const stage = createStage();
    const server = await startOn(stage);
    const stream = await fetch(`${server.url}/v1/conversations/c1/events`, {
      headers: stage.as('read'),
    });
    const reader = bodyOf(stream);
    stage.source.write('c1');
    await readUntil(reader, 'id: 1\n');
    await reader.cancel();
    const silent = connect(Number(new URL(server.url).port), '127.0.0.1');
    await once(silent, 'connect');
    while (stage.rooms.feed.counts.open > 0) await new Promise(setImmediate);
    await server[Symbol.asyncDispose]();
    expect(stage.clock.pendingTimers).toBe(0);
  });

  it('has room again for others when somebody hangs up before the answer', async () => {
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<undefined>();
    const stage = createStage({
      readConversation: (id) => {
        if (id === 'known') return Promise.resolve({ id });
        asked.resolve();
        return answer.promise;
      },
    });
    await using server = await startOn(stage, { maxConcurrent: 1 });
    const headers = stage.as('read');
    const path = `${server.url}/v1/conversations`;
    const hangUp = new AbortController();
    const left = fetch(`${path}/c1`, { headers, signal: hangUp.signal });
    await asked.promise;
    expect((await fetch(`${path}/known`, { headers })).status).toBe(503);
    hangUp.abort();
    await expect(left).rejects.toThrow('aborted');
    answer.resolve(undefined);
    while ((await fetch(`${path}/known`, { headers })).status === 503);
    expect((await fetch(`${path}/known`, { headers })).status).toBe(200);
  });

  it.each(['before', 'after'])(
    'waits for the outcome no longer for a caller who hangs up, %s their request is durable',
    async (when) => {
      const asked = Promise.withResolvers<void>();
      const durable = Promise.withResolvers<Receipt>();
      const left = Promise.withResolvers<undefined>();
      const stage = createStage({
        ask: () => {
          asked.resolve();
          return durable.promise;
        },
        waitFor: ({ signal }) => {
          asked.resolve();
          if (signal.aborted) left.resolve(undefined);
          signal.addEventListener('abort', () => left.resolve(undefined));
          return left.promise;
        },
      });
      await using server = await startOn(stage);
      const hangUp = new AbortController();
      const path = `${server.url}/v1/conversations`;
      const headers = { ...stage.as(), 'content-type': 'application/json' };
      const order = { method: 'POST', body: '{}', headers, signal: hangUp.signal };
      if (when === 'after') durable.resolve(receipt);
      const answer = fetch(`${path}/c1/enrich?wait=settled`, order);
      await asked.promise;
      hangUp.abort();
      await expect(answer).rejects.toThrow('aborted');
      // By then the server has noticed.
      expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
      durable.resolve(receipt);
      await left.promise;
    },
  );

  it('gives up what is not answered five seconds after it was told to stop', async () => {
    const asked = Promise.withResolvers<void>();
    const readConversation = (): Promise<undefined> => {
      asked.resolve();
      return new Promise(() => undefined);
    };
    const stage = createStage({ readConversation });
    const server = await startOn(stage);
    const response = fetch(`${server.url}/v1/conversations/c1`, { headers: stage.as('read') });
    await asked.promise;
    const stopped = server[Symbol.asyncDispose]();
    await stage.clock.advance(5000);
    await expect(response).rejects.toThrow('fetch failed');
    await stopped;
  });

  it('ends a stream when its reader may not read any more, and sends nothing that came since', async () => {
    let mayRead = true;
    const stage = createStage({ stillMay: () => mayRead });
    await using server = await startOn(stage);
    const follow = async (path: string): Promise<ReadableStreamDefaultReader<Uint8Array>> => {
      const reader = bodyOf(await fetch(`${server.url}${path}`, { headers: stage.as('read') }));
      await readUntil(reader, 'retry:');
      return reader;
    };
    const idle = await follow('/v1/conversations/c1/events');
    const busy = await follow('/v1/events');
    mayRead = false;
    stage.source.write('c2');
    stage.rooms.feed.beat();
    expect([await busy.read(), await idle.read()]).toMatchObject([{ done: true }, { done: true }]);
    expect(stage.rooms.feed.counts.open).toBe(0);
  });

  it('keeps the places of callers with a key from bodies of nobody that never end', async () => {
    const stage = createStage();
    await using server = await startOn(stage, { maxConcurrent: 1 });
    const { port } = new URL(server.url);
    const slow = connect(Number(port), '127.0.0.1');
    slow.write(
      'POST /v1/events HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\ncontent-length: 9\r\nexpect: 100-continue\r\n\r\n{',
    );
    await once(slow, 'data');
    const events = { method: 'POST', body: '{}', headers: { 'content-type': 'text/plain' } };
    expect((await fetch(`${server.url}/v1/events`, events)).status).toBe(503);
    const headers = stage.as('read');
    expect((await fetch(`${server.url}/v1/conversations`, { headers })).status).toBe(200);
    slow.destroy();
    while ((await fetch(`${server.url}/v1/events`, events)).status === 503);
    expect((await fetch(`${server.url}/v1/events`, events)).status).toBe(202);
  });

  it('keeps the places of known agents, too, from whoever has their address and never ends a body', async () => {
    const stage = createStage({
      knowsAgent: (authorization) => authorization === 'Bearer ann',
      identifyAgent: async (authorization) =>
        authorization === 'Bearer ann' ? anAgent('ann') : undefined,
    });
    await using server = await startOn(stage, { maxConcurrent: 1 });
    const slow = connect(Number(new URL(server.url).port), '127.0.0.1');
    slow.write(
      'POST /v1/events HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\ncontent-length: 9\r\nexpect: 100-continue\r\n\r\n{',
    );
    await once(slow, 'data');
    const status = async (authorization: string): Promise<number> =>
      (await fetch(`${server.url}/v1/conversations/known`, { headers: { authorization } })).status;
    const statuses = [await status('Bearer ann'), await status('Bearer ben')];
    slow.destroy();
    expect(statuses).toEqual([200, 503]);
  });

  it('gives a body no more time to arrive than a head', async () => {
    await using app = appOf(createStage());
    expect(app.server).toMatchObject({ headersTimeout: 30_000, requestTimeout: 30_000 });
  });

  it('opens by a key that may read, for one conversation or for all, and not without', async () => {
    const stage = createStage();
    await using server = await startOn(stage);
    const events = `${server.url}/v1/events`;
    expect((await fetch(events)).status).toBe(401);
    expect((await fetch(events, { headers: stage.as('enrich') })).status).toBe(403);
    const gone = new AbortController();
    const all = await fetch(events, { headers: stage.as('read'), signal: gone.signal });
    const reader = bodyOf(all);
    await readUntil(reader, 'retry:');
    stage.source.write('c2');
    expect(await readUntil(reader, 'data:')).toContain('"conversationId":"c2"');
    expect(stage.rooms.feed.counts.open).toBe(1);
    gone.abort();
    await expect(reader.read()).rejects.toThrow('aborted');
  });
});
