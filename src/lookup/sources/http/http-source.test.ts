import { describe, expect, it } from 'vitest';
import {
  json,
  silence,
  startCrmServer,
  type CrmServer,
} from '../../../../test/support/crm-server.ts';
import { ManualClock } from '../../../lib/manual-clock.ts';
import { aLookup } from '../../lookup.fixture.ts';
import type { LookupAnswer } from '../../lookup.ts';
import { createLookups, type Lookups } from '../../lookups.ts';
import { sourceOptionsSchema } from '../../options.ts';

interface Stage extends AsyncDisposable {
  readonly crm: CrmServer;
  readonly clock: ManualClock;
  readonly lookups: Lookups;
  ask(key?: string): Promise<LookupAnswer>;
}

/** A source against a real server; `{crm}` in an option stands for the server's address. */
async function stage(options: Record<string, unknown> = {}): Promise<Stage> {
  const crm = await startCrmServer(json(200, { id: 'C1' }));
  const clock = new ManualClock();
  const written = { type: 'http', url: '{crm}/customers/{key}', retry: { retries: 0 }, ...options };
  const text = JSON.stringify(written).replaceAll('{crm}', crm.url);
  const lookups = createLookups(
    { crm: sourceOptionsSchema.parse(JSON.parse(text)) },
    { clock, random: () => 0.5 },
  );
  return {
    crm,
    clock,
    lookups,
    ask: (key) => lookups.lookup(aLookup(key === undefined ? {} : { key })),
    async [Symbol.asyncDispose]() {
      await lookups[Symbol.asyncDispose]();
      await crm[Symbol.asyncDispose]();
    },
  };
}

const failure = (answer: LookupAnswer): unknown[] =>
  answer.answer === 'failed' ? [answer.failure.code, answer.failure.retryable] : [answer.answer];

describe('createHttpSource', () => {
  it('asks with the key in its place and gives the JSON', async () => {
    await using s = await stage();
    expect(await s.ask()).toMatchObject({ answer: 'found', value: { id: 'C1' }, from: 'source' });
    expect(s.crm.requests[0]).toMatchObject({
      method: 'GET',
      target: '/customers/%2B15551230001',
      body: '',
    });
    expect(s.crm.requests[0]?.headers.accept).toBe('application/json');
  });

  it('adds the conversation to an address that has no place for anything', async () => {
    await using s = await stage({ url: '{crm}/context?v=2' });
    await s.ask();
    expect(s.crm.requests[0]?.target).toBe('/context?v=2&conversationId=conv-1');
    expect(s.lookups.usesOf('crm')).toEqual({ key: false, keyKind: false, conversationId: true });
  });

  it('fills placeholders into headers and into the texts of a JSON body, never into its structure', async () => {
    await using s = await stage({
      url: '{crm}/search',
      method: 'POST',
      headers: { 'X-Trace': '{traceId}' },
      body: { filter: { field: '{keyKind}', equals: ['{key}', 7, null] } },
    });
    await s.ask('a","admin":"1');
    const [request] = s.crm.requests;
    expect(JSON.parse(request?.body ?? '')).toEqual({
      filter: { field: 'phone', equals: ['a","admin":"1', 7, null] },
    });
    expect(request?.headers).toMatchObject({
      'x-trace': 'trace-1',
      'content-type': 'application/json',
    });
  });

  it('sends a form', async () => {
    await using s = await stage({
      url: '{crm}/search',
      method: 'POST',
      form: { phone: '{key}', conversation: '{conversationId}' },
    });
    await s.ask('a&b=c');
    expect(s.crm.requests[0]?.body).toBe('phone=a%26b%3Dc&conversation=conv-1');
  });

  it('refuses a key that a header cannot carry', async () => {
    await using s = await stage({ url: '{crm}/', headers: { 'x-key': '{key}' } });
    expect(failure(await s.ask('Zoë'))).toEqual(['ERR_SOURCE_KEY_REFUSED', false]);
    expect(s.crm.requests).toEqual([]);
  });

  it.each([
    [{ type: 'bearer', token: 't0k' }, { authorization: 'Bearer t0k' }],
    [{ type: 'basic', username: 'ann', password: 'p:ß' }, { authorization: 'Basic YW5uOnA6w58=' }],
    [{ type: 'api-key', name: 'X-Api-Key', value: 'k1' }, { 'x-api-key': 'k1' }],
  ])('signs in with %j', async (auth, headers) => {
    await using s = await stage({ auth });
    await s.ask();
    expect(s.crm.requests[0]?.headers).toMatchObject(headers);
  });

  it('puts an API key into the query when told so, and leaves the rest as it is', async () => {
    await using s = await stage({
      url: '{crm}/find?q={key}',
      auth: { type: 'api-key', in: 'query', name: 'key', value: 'k&1' },
    });
    await s.ask('a b');
    expect(s.crm.requests[0]?.target).toBe('/find?q=a%20b&key=k%261');
  });

  it.each([
    ['404', json(404, { error: 'unknown' })],
    ['410', json(410, {})],
    ['204', json(204, undefined)],
    ['an empty list', json(200, [])],
    ['an empty object', json(200, {})],
    ['null', json(200, null)],
  ])('takes %s for "not found"', async (_name, respond) => {
    await using s = await stage();
    s.crm.respond = respond;
    expect(await s.ask()).toMatchObject({ answer: 'not-found', from: 'source' });
  });

  it('takes the record that a pointer names, and its absence for "not found"', async () => {
    await using s = await stage({ record: '/results/0' });
    s.crm.respond = json(200, { total: 1, results: [{ id: 'C7' }] });
    expect(await s.ask('a')).toMatchObject({ answer: 'found', value: { id: 'C7' } });
    s.crm.respond = json(200, { total: 0, results: [] });
    expect(await s.ask('b')).toMatchObject({ answer: 'not-found' });
  });

  it.each([
    [400, 'ERR_SOURCE_REFUSED', false],
    [401, 'ERR_SOURCE_UNAUTHORIZED', false],
    [403, 'ERR_SOURCE_FORBIDDEN', false],
    [408, 'ERR_SOURCE_UNAVAILABLE', true],
    [429, 'ERR_SOURCE_RATE_LIMITED', true],
    [500, 'ERR_SOURCE_UNAVAILABLE', true],
    [503, 'ERR_SOURCE_UNAVAILABLE', true],
  ])('names a %i', async (status, code, retryable) => {
    await using s = await stage();
    s.crm.respond = json(status, { secret: 'gold' });
    const answer = await s.ask();
    expect(failure(answer)).toEqual([code, retryable]);
    expect(JSON.stringify(answer)).toContain(`answered ${status}`);
    expect(JSON.stringify(answer)).not.toContain('gold');
  });

  it.each([
    ['seconds', '7', 7000],
    ['a date', 'Mon, 05 Jan 2026 09:00:30 GMT', 30_000],
  ])('reads Retry-After as %s', async (_name, header, retryAfterMs) => {
    await using s = await stage();
    s.crm.respond = json(429, {}, { 'retry-after': header });
    expect(await s.ask()).toMatchObject({ failure: { retryAfterMs } });
  });

  it('never follows a redirect, not even to the same host', async () => {
    await using s = await stage();
    await using elsewhere = await startCrmServer();
    for (const location of [`${elsewhere.url}/x`, '/customers/other', '//evil.example/']) {
      s.crm.respond = json(302, {}, { location });
      expect(failure(await s.ask(location))).toEqual(['ERR_SOURCE_REDIRECT', false]);
    }
    expect(elsewhere.requests).toEqual([]);
    expect(s.crm.requests).toHaveLength(3);
  });

  it('stops reading an answer that is too long', async () => {
    await using s = await stage({ maxBytes: 1000 });
    const { promise: hungUp, resolve: closed } = Promise.withResolvers<void>();
    s.crm.respond = (_request, response) => {
      response.on('close', () => closed());
      response.writeHead(200);
      const pour = (): void => {
        while (!response.destroyed && response.write('x'.repeat(10_000)));
        if (!response.destroyed) response.once('drain', pour);
      };
      pour();
    };
    expect(failure(await s.ask())).toEqual(['ERR_SOURCE_TOO_LARGE', false]);
    await hungUp;
  });

  it.each([
    ['a sign-in page', '<html>please sign in, Anna</html>'],
    ['nothing', ''],
    ['half an answer', '{"name":"Anna"'],
    ['a tower of lists', '['.repeat(5000) + ']'.repeat(5000)],
  ])('calls %s a bad answer, without quoting it', async (_name, text) => {
    await using s = await stage();
    s.crm.respond = (_request, response) => response.end(text);
    const answer = await s.ask();
    expect(failure(answer)).toEqual(['ERR_SOURCE_BAD_ANSWER', false]);
    expect(JSON.stringify(answer)).not.toContain('Anna');
  });

  it('keeps hostile member names as plain data', async () => {
    await using s = await stage();
    s.crm.respond = (_request, response) => response.end('{"__proto__":{"admin":true},"id":1}');
    const answer = await s.ask();
    expect(answer.answer === 'found' && Object.keys(answer.value as object)).toEqual([
      '__proto__',
      'id',
    ]);
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
  });

  it('says where it could not reach a dead service, and why', async () => {
    await using s = await stage();
    await s.crm[Symbol.asyncDispose]();
    const answer = await s.ask();
    expect(failure(answer)).toEqual(['ERR_SOURCE_UNREACHABLE', true]);
    expect(JSON.stringify(answer)).toContain('nothing listens there');
  });

  it('names a connection that is cut in the middle of an answer', async () => {
    await using s = await stage();
    s.crm.respond = (_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"id":');
      response.socket?.destroySoon();
    };
    expect(failure(await s.ask())).toEqual(['ERR_SOURCE_UNREACHABLE', true]);
  });

  it('gives up a silent service when its time is over, by the clock it was given', async () => {
    await using s = await stage({ timeoutMs: 800 });
    s.crm.respond = silence;
    const asked = s.ask();
    await s.crm.arrivals(1);
    await s.clock.advance(800);
    expect(failure(await asked)).toEqual(['ERR_SOURCE_TIMEOUT', true]);
    expect(s.clock.pendingTimers).toBe(0);
  });

  it('gives up an answer that drips for ever', async () => {
    await using s = await stage({ timeoutMs: 800 });
    const { promise: dripping, resolve: started } = Promise.withResolvers<void>();
    s.crm.respond = (_request, response) => {
      response.writeHead(200);
      response.write('{"id":', () => started());
    };
    const asked = s.ask();
    await dripping;
    await s.clock.advance(800);
    expect(failure(await asked)).toEqual(['ERR_SOURCE_TIMEOUT', true]);
  });

  it('repeats a GET after a 503, and a POST only when that is said to be safe', async () => {
    const attempts: number[] = [];
    for (const options of [{}, { method: 'POST' }, { method: 'POST', repeatable: true }]) {
      await using s = await stage({ ...options, retry: { retries: 1 } });
      s.crm.respond = json(503, {}, { 'retry-after': '0' });
      const asked = s.ask();
      await s.crm.arrivals(1);
      await asked;
      attempts.push(s.crm.requests.length);
    }
    expect(attempts).toEqual([2, 1, 2]);
  });
});

function tokens(crm: CrmServer, accepted: () => string): void {
  let issued = 0;
  crm.respond = (request, response) => {
    if (request.target === '/token') {
      issued += 1;
      json(200, { access_token: `t${issued}`, expires_in: 100 })(request, response);
      return;
    }
    const isGood = request.headers.authorization === `Bearer ${accepted()}`;
    json(isGood ? 200 : 401, { id: 'C1' })(request, response);
  };
}

const targets = (crm: CrmServer): string[] => crm.requests.map(({ target }) => target);

describe('client credentials', () => {
  const auth = {
    type: 'client-credentials',
    tokenUrl: '{crm}/token',
    clientId: 'id:1',
    clientSecret: 's ecret',
    scope: 'customers',
  };

  it('asks for a token once for many lookups, and for a new one before it expires', async () => {
    await using s = await stage({ auth, url: '{crm}/c/{key}' });
    let good = 't1';
    tokens(s.crm, () => good);
    await Promise.all([s.ask('a'), s.ask('b')]);
    expect(targets(s.crm).toSorted()).toEqual(['/c/a', '/c/b', '/token']);
    expect(s.crm.requests[0]).toMatchObject({
      method: 'POST',
      body: 'grant_type=client_credentials&scope=customers',
    });
    expect(s.crm.requests[0]?.headers.authorization).toBe(
      `Basic ${Buffer.from('id%3A1:s+ecret').toString('base64')}`,
    );
    await s.clock.advance(90_000);
    good = 't2';
    expect(await s.ask('c')).toMatchObject({ answer: 'found' });
    expect(targets(s.crm).filter((target) => target === '/token')).toHaveLength(2);
  });

  it('renews a token that is not accepted, once', async () => {
    await using s = await stage({ auth, url: '{crm}/c/{key}' });
    tokens(s.crm, () => 't2');
    expect(await s.ask('a')).toMatchObject({ answer: 'found' });
    expect(targets(s.crm)).toEqual(['/token', '/c/a', '/token', '/c/a']);
    tokens(s.crm, () => 'none');
    expect(failure(await s.ask('b'))).toEqual(['ERR_SOURCE_UNAUTHORIZED', false]);
    expect(s.crm.requests).toHaveLength(7);
  });

  it('puts id and secret into the body when told so', async () => {
    await using s = await stage({ auth: { ...auth, clientIn: 'body' } });
    tokens(s.crm, () => 't1');
    await s.ask();
    expect(s.crm.requests[0]?.body).toContain('client_id=id%3A1&client_secret=s+ecret');
    expect(s.crm.requests[0]?.headers.authorization).toBeUndefined();
  });

  it.each([
    ['refuses the client', json(401, {}), 'ERR_SOURCE_UNAUTHORIZED'],
    ['is down', json(503, {}), 'ERR_SOURCE_SIGN_IN'],
    ['redirects', json(302, {}, { location: 'http://127.0.0.1:1/' }), 'ERR_SOURCE_SIGN_IN'],
    ['answers garbage', json(200, { access_token: 'a\r\nb' }), 'ERR_SOURCE_SIGN_IN'],
  ])('says so when the token endpoint %s', async (_name, respond, code) => {
    await using s = await stage({ auth });
    s.crm.respond = respond;
    expect(failure(await s.ask())[0]).toBe(code);
    expect(targets(s.crm)).toEqual(['/token']);
  });
});
