import { describe, expect, it } from 'vitest';
import { parseConversationId, parseParticipantId, parseTraceId } from '../domain/ids.ts';
import { systemClock } from '../lib/clock.ts';
import { silentLog } from '../lib/log.ts';
import { ManualClock } from '../lib/manual-clock.ts';
import { createBudget } from './budget/create-budget.ts';
import { createGenesysClient, type GenesysClient, type GenesysClientOptions } from './client.ts';
import { genesysOptionsSchema, type GenesysOptions } from './options.ts';
import { RequestMeter, type RequestEvent } from './request-meter.ts';
import {
  startScriptedPlatform,
  TOKEN_ANSWER,
  type ScriptedAnswer,
} from '../../test/fixtures/scripted-platform.ts';

const conversationId = parseConversationId('c1');
const participantId = parseParticipantId('p1');
const conversation = {
  id: 'c1',
  startTime: '2026-01-05T09:00:00.000Z',
  participants: [{ id: 'p1', purpose: 'customer', attributes: { 'crm.tier': 'gold' } }],
};

function createClient(
  url: string,
  parts: Partial<GenesysOptions> = {},
  options: Partial<GenesysClientOptions> = {},
): GenesysClient {
  const config = genesysOptionsSchema.parse({
    apiUrl: url,
    auth: { type: 'client-credentials', clientId: 'id', clientSecret: 'secret' },
    retry: { baseDelayMs: 1, maxDelayMs: 2 },
    ...parts,
  });
  return createGenesysClient({ random: () => 0.5, ...options, config });
}

/** Answers one after the other; the last one for good. */
function inTurn(
  ...answers: readonly ScriptedAnswer[]
): (_: unknown, nth: number) => ScriptedAnswer {
  return (_, nth) => answers[Math.min(nth, answers.length) - 1] ?? {};
}

const bodyOf = (code: string, status: number): ScriptedAnswer => ({
  status,
  body: { message: `about ${code}`, code, status, contextId: 'ctx-1', details: [], errors: [] },
});

describe('createGenesysClient', () => {
  it('signs in once for callers who come together, and reads a conversation', async () => {
    await using platform = await startScriptedPlatform({ api: () => ({ body: conversation }) });
    await using client = createClient(platform.url);
    const [first] = await Promise.all([
      client.conversations.get(conversationId),
      client.conversations.get(conversationId),
      client.conversations.get(conversationId),
    ]);
    expect(first.participants[0]?.attributes.get('crm.tier')).toBe('gold');
    expect(platform.signIns).toHaveLength(1);
    expect(platform.signIns[0]?.body).toBe('grant_type=client_credentials');
    expect(platform.signIns[0]?.headers.authorization).toBe(
      `Basic ${Buffer.from('id:secret').toString('base64')}`,
    );
  });

  it('needs no sign-in for the first request when it has signed in ahead', async () => {
    await using platform = await startScriptedPlatform({ api: () => ({ body: conversation }) });
    await using client = createClient(platform.url);
    await client.signIn();
    expect(platform.requests).toEqual([]);
    await client.conversations.get(conversationId);
    expect(platform.signIns).toHaveLength(1);
  });

  it('sends changes as the contract says, with token and trace id', async () => {
    await using platform = await startScriptedPlatform({ api: () => ({ status: 202 }) });
    await using client = createClient(platform.url);
    const changes = new Map([
      ['__proto__', 'x'],
      ['crm.tier', 'gold'],
    ]);
    const traceId = parseTraceId('trace-1');
    await client.attributes.patch({ conversationId, participantId }, changes, { traceId });
    await client.attributes.patch({ conversationId, participantId, media: 'voice' }, changes);
    expect(platform.calls).toEqual([
      'PATCH /api/v2/conversations/c1/participants/p1/attributes',
      'PATCH /api/v2/conversations/calls/c1/participants/p1/attributes',
    ]);
    expect(platform.requests[0]?.body).toBe('{"attributes":{"__proto__":"x","crm.tier":"gold"}}');
    expect(platform.requests[0]?.headers).toMatchObject({
      authorization: 'Bearer token-1',
      'x-trace-id': 'trace-1',
    });
  });

  it('replays once with a fresh token after a 401', async () => {
    await using platform = await startScriptedPlatform({
      api: inTurn(bodyOf('credentials.expired', 401), { body: conversation }),
    });
    await using client = createClient(platform.url);
    await client.conversations.get(conversationId);
    expect(platform.requests.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer token-1',
      'Bearer token-2',
    ]);
  });

  it('gives up on a second 401', async () => {
    await using platform = await startScriptedPlatform({
      api: () => bodyOf('ip.not.authorized', 401),
    });
    await using client = createClient(platform.url);
    await expect(client.conversations.get(conversationId)).rejects.toMatchObject({
      code: 'ERR_GENESYS_UNAUTHORIZED',
      platformCode: 'ip.not.authorized',
      correlationId: 'ctx-1',
      retryable: false,
    });
    expect(platform.requests).toHaveLength(2);
  });

  it.each([
    ['invalid_client', 400],
    ['invalid_client', 401],
    ['unauthorized_client', 400],
  ])('takes %s (%i) as final and names the host', async (error, status) => {
    await using platform = await startScriptedPlatform({
      api: () => ({}),
      login: () => ({ status, body: { error, error_description: 'authentication failed' } }),
    });
    await using client = createClient(platform.url);
    await expect(client.tokens.me()).rejects.toMatchObject({
      code: 'ERR_GENESYS_SIGN_IN_REFUSED',
      retryable: false,
      nextStep: expect.stringMatching(error === 'invalid_client' ? /region/ : /grant type/),
    });
    // A caller who does not give up does not hammer the login.
    await expect(client.tokens.me()).rejects.toMatchObject({ code: 'ERR_GENESYS_SIGN_IN_REFUSED' });
    expect(platform.signIns).toHaveLength(1);
    expect(platform.requests).toHaveLength(0);
  });

  it('tries the login again when it is only unavailable', async () => {
    await using platform = await startScriptedPlatform({
      api: () => ({ body: { OAuthClient: { id: 'id' } } }),
      login: (_request, nth) => (nth === 1 ? { status: 503 } : TOKEN_ANSWER(nth)),
    });
    await using client = createClient(platform.url);
    expect((await client.tokens.me()).clientId).toBe('id');
    expect(platform.signIns).toHaveLength(2);
  });

  it('tries a read again after each kind of passing trouble', async () => {
    await using platform = await startScriptedPlatform({
      api: inTurn(
        bodyOf('internal.server.error', 500),
        { reset: true },
        bodyOf('request.conflict', 409),
        { status: 503, headers: { 'retry-after': '0' } },
        { body: conversation },
      ),
    });
    await using client = createClient(platform.url);
    const meter = new RequestMeter();
    await client.conversations.get(conversationId, { meter });
    expect(meter.requests).toBe(5);
  });

  it('waits out a 429 as long as the platform says, and sends the same change again', async () => {
    const clock = new ManualClock();
    await using platform = await startScriptedPlatform({
      api: inTurn(
        { ...bodyOf('too.many.requests.retry.after', 429), headers: { 'retry-after': '17' } },
        { status: 202 },
      ),
    });
    await using client = createClient(platform.url, {}, { clock });
    const meter = new RequestMeter();
    const target = { conversationId, participantId };
    const write = client.attributes.patch(target, new Map([['a', 'b']]), { meter });
    await expect.poll(() => client.budget.snapshot().state).toBe('frozen');
    await clock.advance(16_999);
    expect(platform.requests).toHaveLength(1);
    await clock.advance(1);
    await write;
    expect([meter.requests, meter.rateLimited]).toEqual([2, 1]);
  });

  it('leaves a 429 to the caller when the wait is longer than retries may take', async () => {
    await using platform = await startScriptedPlatform({
      api: () => ({ ...bodyOf('too.many.requests', 429), headers: { 'retry-after': '61' } }),
    });
    await using client = createClient(platform.url);
    using permit = await client.budget.whenRoom('live');
    await expect(client.conversations.get(conversationId, { permit })).rejects.toMatchObject({
      code: 'ERR_GENESYS_RATE_LIMITED',
      retryAfterMs: 61_000,
      retryable: true,
    });
    // The promise holds on: whoever has it may try again, or give it back.
    expect(permit.left).toBe(1);
  });

  it('stops after the configured number of retries', async () => {
    await using platform = await startScriptedPlatform({ api: () => ({ status: 502 }) });
    await using client = createClient(platform.url, {
      retry: { maxRetries: 2, baseDelayMs: 1, maxDelayMs: 1 },
    });
    await expect(client.conversations.get(conversationId)).rejects.toMatchObject({
      code: 'ERR_GENESYS_UNAVAILABLE',
      retryable: true,
    });
    expect(platform.requests).toHaveLength(3);
  });

  it.each<[string, ScriptedAnswer]>([
    ['a fault of the platform', { status: 500 }],
    ['a gateway that gave up', { status: 504 }],
    ['a broken connection', { reset: true }],
  ])('does not repeat a change after %s, and says that it is in doubt', async (_name, answer) => {
    await using platform = await startScriptedPlatform({ api: () => answer });
    await using client = createClient(platform.url);
    await expect(
      client.attributes.patch({ conversationId, participantId }, new Map([['a', 'b']])),
    ).rejects.toMatchObject({ name: 'InDoubtError', code: 'ERR_GENESYS_IN_DOUBT' });
    expect(platform.requests).toHaveLength(1);
  });

  it('repeats a change when told that it may', async () => {
    await using platform = await startScriptedPlatform({
      api: inTurn({ status: 500 }, { status: 202 }),
    });
    await using client = createClient(platform.url);
    const target = { conversationId, participantId };
    await client.attributes.patch(target, new Map([['a', 'b']]), { repeatChanges: true });
    expect(platform.requests).toHaveLength(2);
  });

  it('leaves a conflict of a change to the caller', async () => {
    await using platform = await startScriptedPlatform({
      api: () => bodyOf('request.conflict', 409),
    });
    await using client = createClient(platform.url);
    await expect(
      client.attributes.patch({ conversationId, participantId }, new Map([['a', 'b']])),
    ).rejects.toMatchObject({ code: 'ERR_GENESYS_CONFLICT', retryable: true });
    expect(platform.requests).toHaveLength(1);
  });

  it('ends a request whose answer does not come in time', async () => {
    await using platform = await startScriptedPlatform({ api: () => ({ silent: true }) });
    await using client = createClient(platform.url, { timeoutMs: 20, retry: { maxRetries: 0 } });
    await expect(client.conversations.get(conversationId)).rejects.toMatchObject({
      code: 'ERR_GENESYS_NO_ANSWER',
      retryable: true,
    });
    await expect(
      client.attributes.patch({ conversationId, participantId }, new Map([['a', 'b']])),
    ).rejects.toMatchObject({ code: 'ERR_GENESYS_IN_DOUBT' });
  });

  it('gives a caller who stops their own reason', async () => {
    await using platform = await startScriptedPlatform({ api: () => ({ silent: true }) });
    await using client = createClient(platform.url);
    const controller = new AbortController();
    const call = client.conversations.get(conversationId, { signal: controller.signal });
    controller.abort(new Error('changed my mind'));
    await expect(call).rejects.toThrow('changed my mind');
  });

  it('says so when nothing listens', async () => {
    const platform = await startScriptedPlatform({ api: () => ({}) });
    await platform[Symbol.asyncDispose]();
    await using client = createClient(platform.url, { retry: { maxRetries: 0 } });
    await expect(client.tokens.me()).rejects.toMatchObject({
      code: 'ERR_GENESYS_SIGN_IN_UNAVAILABLE',
      retryable: true,
    });
  });

  it.each([
    [400, 'ERR_GENESYS_BAD_REQUEST', false],
    [404, 'ERR_GENESYS_NOT_FOUND', false],
    [405, 'ERR_GENESYS_NOT_AN_OPERATION', false],
    [410, 'ERR_GENESYS_GONE', false],
    [413, 'ERR_GENESYS_TOO_LARGE', false],
    [501, 'ERR_GENESYS_NOT_IMPLEMENTED', false],
    [302, 'ERR_GENESYS_UNEXPECTED_ANSWER', false],
  ])('tells status %i as %s with a next step', async (status, code, retryable) => {
    await using platform = await startScriptedPlatform({ api: () => bodyOf('some.code', status) });
    await using client = createClient(platform.url, { retry: { maxRetries: 0 } });
    const error: unknown = await client.conversations.get(conversationId).catch((e: unknown) => e);
    expect(error).toMatchObject({ code, retryable, status, platformCode: 'some.code' });
    expect(error).toHaveProperty('nextStep', expect.stringMatching(/.{20}/));
    expect(error).toHaveProperty('message', expect.stringContaining('ctx-1'));
  });

  it('renews the token after a 403, though not twice in a minute', async () => {
    await using platform = await startScriptedPlatform({
      api: () => bodyOf('missing.permissions', 403),
    });
    await using client = createClient(platform.url);
    await expect(client.tokens.me()).rejects.toMatchObject({ code: 'ERR_GENESYS_FORBIDDEN' });
    await expect(client.tokens.me()).rejects.toMatchObject({ code: 'ERR_GENESYS_FORBIDDEN' });
    // The first token is younger than a minute: a role cannot have been granted since long.
    expect(platform.signIns).toHaveLength(1);
  });

  it.each([
    ['a login page', '<html>please sign in</html>'],
    ['JSON that is cut off', '{"id":"c1","partic'],
  ])('refuses %s in place of a conversation', async (_name, body) => {
    await using platform = await startScriptedPlatform({ api: () => ({ body }) });
    await using client = createClient(platform.url);
    await expect(client.conversations.get(conversationId)).rejects.toMatchObject({
      code: 'ERR_GENESYS_UNEXPECTED_ANSWER',
    });
  });

  it('does not read an answer beyond the limit', async () => {
    await using platform = await startScriptedPlatform({
      api: () => ({ body: { ...conversation, noise: 'x'.repeat(200_000) } }),
    });
    await using client = createClient(platform.url, { maxAnswerBytes: 65_536 });
    await expect(client.conversations.get(conversationId)).rejects.toMatchObject({
      code: 'ERR_GENESYS_ANSWER_TOO_LARGE',
    });
  });

  it('does not send a change that the platform would refuse for its size', async () => {
    await using platform = await startScriptedPlatform({ api: () => ({ status: 202 }) });
    await using client = createClient(platform.url);
    const changes = new Map([['a', 'x'.repeat(512_000)]]);
    await expect(
      client.attributes.patch({ conversationId, participantId }, changes),
    ).rejects.toMatchObject({ code: 'ERR_GENESYS_TOO_LARGE' });
    expect(platform.requests).toHaveLength(0);
  });

  it('tells of each request, and survives a listener that throws', async () => {
    const events: RequestEvent[] = [];
    await using platform = await startScriptedPlatform({
      api: () => ({ body: conversation, headers: { 'inin-correlation-id': 'corr-1' } }),
    });
    await using client = createClient(
      platform.url,
      {},
      {
        onRequest: (event) => {
          events.push(event);
          throw new Error('metrics are down');
        },
      },
    );
    await client.conversations.get(conversationId, { lane: 'live' });
    expect(events).toMatchObject([
      {
        operation: 'getConversation',
        lane: 'live',
        attempt: 1,
        status: 200,
        correlationId: 'corr-1',
      },
    ]);
  });

  it('reads a listing page by page and finds a queue by its name', async () => {
    await using platform = await startScriptedPlatform({
      api: (_request, nth) => ({
        body: {
          entities:
            nth === 1 ? [{ id: 'q1', name: 'Support EU' }] : [{ id: 'q2', name: 'support' }],
          pageCount: 2,
        },
      }),
    });
    await using client = createClient(platform.url);
    expect(await client.routing.findQueue('Support')).toEqual({ id: 'q2', name: 'support' });
    expect(platform.calls).toEqual([
      'GET /api/v2/routing/queues?name=Support&pageNumber=1&pageSize=100',
      'GET /api/v2/routing/queues?name=Support&pageNumber=2&pageSize=100',
    ]);
  });

  it('shares one budget with another client of the same token', async () => {
    const facts = { 'inin-ratelimit-allowed': '300', 'inin-ratelimit-reset': '60' };
    await using platform = await startScriptedPlatform({
      api: (_request, nth) => ({
        body: conversation,
        headers: { ...facts, 'inin-ratelimit-count': String(nth) },
      }),
    });
    using budget = createBudget({ clock: systemClock, log: silentLog, maxInFlight: 64 });
    await using first = createClient(platform.url, {}, { budget });
    {
      await using second = createClient(platform.url, {}, { budget });
      await first.conversations.get(conversationId);
      await second.conversations.get(conversationId);
    }
    await first.conversations.get(conversationId);
    expect(budget.snapshot()).toMatchObject({ state: 'open', sent: 3, foreign: 0 });
  });

  it('refuses an id that would leave its path', async () => {
    await using platform = await startScriptedPlatform({ api: () => ({}) });
    await using client = createClient(platform.url);
    await expect(client.flows.get('..')).rejects.toMatchObject({ code: 'ERR_INVALID_ID' });
    await client.flows.get('a/../b?c').catch(() => undefined);
    expect(platform.calls).toEqual(['GET /api/v2/flows/a%2F..%2Fb%3Fc']);
  });

  it('ends what is in flight when it is closed', async () => {
    await using platform = await startScriptedPlatform({ api: () => ({ silent: true }) });
    const client = createClient(platform.url);
    const call = client.conversations.get(conversationId);
    call.catch(() => undefined);
    await expect.poll(() => platform.requests.length).toBe(1);
    await client[Symbol.asyncDispose]();
    await expect(call).rejects.toThrow('closed');
  });
});
