import { describe, expect, it } from 'vitest';
import { startEmulator } from './emulator.ts';
import {
  openSocket,
  signIn,
  startTestEmulator,
  clientWith,
} from '../../test/fixtures/emulator-clients.ts';

const form = (fields: Record<string, string>): RequestInit => ({
  method: 'POST',
  body: new URLSearchParams(fields),
});

describe('startEmulator', () => {
  it('signs a client in by Basic and by form, for a day less one second', async () => {
    await using emulator = await startTestEmulator();
    const client = { client_id: 'rapport-demo', client_secret: 'rapport-demo-secret' };
    const answer = await fetch(
      `${emulator.loginUrl}/oauth/token`,
      form({ grant_type: 'client_credentials', ...client }),
    );
    expect(await answer.json()).toMatchObject({ token_type: 'bearer', expires_in: 86_399 });
    const { call } = await signIn(emulator);
    const me = await call('GET', '/api/v2/tokens/me');
    expect(me.body.OAuthClient).toMatchObject({
      id: 'rapport-demo',
      authorizedGrantType: 'CLIENT-CREDENTIALS',
    });
  });

  it('answers a wrong secret and a grant that is not there with the platform’s 400s', async () => {
    await using emulator = await startTestEmulator();
    const url = `${emulator.loginUrl}/oauth/token`;
    const wrong = await fetch(
      url,
      form({ grant_type: 'client_credentials', client_id: 'x', client_secret: 'y' }),
    );
    expect([wrong.status, await wrong.json()]).toEqual([
      400,
      {
        error: 'invalid_client',
        description: 'authentication failed',
        error_description: 'authentication failed',
      },
    ]);
    const password = await fetch(
      url,
      form({
        grant_type: 'password',
        client_id: 'rapport-demo',
        client_secret: 'rapport-demo-secret',
      }),
    );
    expect(await password.json()).toMatchObject({ error: 'unsupported_grant_type' });
  });

  it('finds sign-in and API below whatever prefix a gateway has', async () => {
    await using emulator = await startTestEmulator();
    const { token } = await signIn({ ...emulator, loginUrl: `${emulator.url}/login` });
    const { call } = clientWith({ ...emulator, apiUrl: `${emulator.url}/api` }, token);
    expect((await call('GET', '/api/v2/tokens/me')).status).toBe(200);
  });

  it('tells a missing, an unknown and an expired token apart', async () => {
    await using emulator = await startTestEmulator();
    const client = await signIn(emulator);
    const bare = await fetch(`${emulator.apiUrl}/api/v2/tokens/me`);
    const bad = await clientWith(emulator, 'nobody').call('GET', '/api/v2/tokens/me');
    await emulator.control.advance(86_400_000);
    const expired = await client.call('GET', '/api/v2/tokens/me');
    expect([bare.status, bad.status, expired.status]).toEqual([401, 401, 401]);
    expect(
      [(await bare.json()) as { code: string }, bad.body, expired.body].map((b) => b.code),
    ).toEqual(['authentication.required', 'bad.credentials', 'credentials.expired']);
  });

  it('keeps what a request carried, but not what authorized it', async () => {
    await using emulator = await startTestEmulator();
    const headers = { authorization: 'Bearer secret', cookie: 'a=secret', 'x-trace-id': 't1' };
    await fetch(`${emulator.apiUrl}/api/v2/tokens/me`, { headers });
    const [request] = emulator.control.requests();
    expect(request?.requestHeaders).toMatchObject({ 'x-trace-id': 't1' });
    expect(JSON.stringify(request)).not.toContain('secret');
  });

  it('applies an attributes write after its lag, merged per key', async () => {
    await using emulator = await startTestEmulator({ attributes: { lagMs: 250 } });
    const { control } = emulator;
    const { call } = await signIn(emulator);
    const { conversationId, participantId } = control.start({
      queue: 'Support',
      attributes: { 'ivr.choice': '2' },
    });
    const path = `/api/v2/conversations/${conversationId}/participants/${participantId}/attributes`;
    const write = await call('PATCH', path, { attributes: { 'crm.tier': 'gold' } });
    expect([write.status, write.body]).toEqual([202, undefined]);
    const seen = async (): Promise<unknown> =>
      (await call('GET', `/api/v2/conversations/${conversationId}`)).body.participants[0]
        .attributes;
    await control.advance(249);
    expect(await seen()).toEqual({ 'ivr.choice': '2' });
    await control.advance(1);
    expect(await seen()).toEqual({ 'ivr.choice': '2', 'crm.tier': 'gold' });
  });

  it('ignores attributes in a participant PATCH, and refuses client tokens on the calls path', async () => {
    await using emulator = await startTestEmulator();
    const { call } = await signIn(emulator);
    const { conversationId, participantId } = emulator.control.start({ queue: 'Support' });
    const body = { attributes: { a: '1' } };
    const end = `${conversationId}/participants/${participantId}`;
    const generic = await call('PATCH', `/api/v2/conversations/${end}`, body);
    const calls = await call('PATCH', `/api/v2/conversations/calls/${end}`, body);
    expect([generic.status, calls.status, calls.body.code]).toEqual([202, 400, 'not.a.user']);
    expect(emulator.control.attributes(conversationId)).toEqual({});
  });

  it('pushes queue and detail frames to a subscribed socket, and a heartbeat every 30 s', async () => {
    await using emulator = await startTestEmulator();
    const { control } = emulator;
    const { call } = await signIn(emulator);
    const channel = (await call('POST', '/api/v2/notifications/channels')).body;
    const queues = (await call('GET', '/api/v2/routing/queues?name=Support')).body.entities;
    const topic = `v2.routing.queues.${queues[0].id}.conversations`;
    const subscribed = await call(
      'POST',
      `/api/v2/notifications/channels/${channel.id}/subscriptions`,
      [{ id: topic }],
    );
    expect(subscribed.body.entities).toMatchObject([{ id: topic, state: 'Permitted' }]);
    await using socket = await openSocket(channel.connectUri);
    const { conversationId, participantId } = control.start({ queue: 'Support' });
    const frame = await socket.next((f) => f.topicName === topic);
    expect(frame).toMatchObject({ version: '2', eventBody: { id: conversationId } });
    expect(frame.eventBody.participants.map((p: { purpose: string }) => p.purpose)).toEqual([
      'customer',
      'acd',
    ]);
    const detail = `v2.detail.events.conversation.${conversationId}.attributes`;
    socket.socket.send(
      JSON.stringify({ message: 'subscribe', topics: [detail], correlationId: 'c1' }),
    );
    expect(await socket.next((f) => f.result !== undefined)).toMatchObject({
      result: '200',
      correlationId: 'c1',
    });
    control.writeAttributes(conversationId, { k: 'v' });
    expect(await socket.next((f) => f.topicName === detail)).toMatchObject({
      eventBody: { participantId, attributes: { k: 'v' } },
    });
    await control.advance(30_000);
    await socket.next((f) => f.eventBody?.message === 'WebSocket Heartbeat');
    socket.socket.send(JSON.stringify({ message: 'ping' }));
    await socket.next((f) => f.eventBody?.message === 'pong');
  });

  it('refuses wildcard topics and unknown ones', async () => {
    await using emulator = await startTestEmulator();
    const { call } = await signIn(emulator);
    const { id } = (await call('POST', '/api/v2/notifications/channels')).body;
    const path = `/api/v2/notifications/channels/${id}/subscriptions`;
    const wild = await call('POST', path, [
      { id: 'v2.detail.events.conversation.{id}.attributes' },
    ]);
    expect([wild.status, wild.body.code]).toEqual([400, 'notification.invalid.topic']);
    const mixed = await call('POST', `${path}?ignoreErrors=true`, [
      { id: 'v2.conversations.x' },
      { id: 'v2.detail.events.conversation.c-1.attributes' },
    ]);
    expect(mixed.body.entities.map((e: { state: string }) => e.state)).toEqual([
      'Rejected',
      'Permitted',
    ]);
  });

  it('answers the 301st request within a minute with 429, the headers and Retry-After', async () => {
    await using emulator = await startTestEmulator();
    const { call } = await signIn(emulator);
    for (let i = 0; i < 300; i++) await call('HEAD', '/api/v2/tokens/me');
    const refused = await call('GET', '/api/v2/tokens/me');
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('60');
    expect(refused.headers.get('inin-ratelimit-allowed')).toBe('300');
    expect(refused.body).toMatchObject({
      code: 'too.many.requests.retry.after',
      status: 429,
      contextId: refused.headers.get('inin-correlation-id'),
    });
    await emulator.control.advance(60_000);
    expect((await call('GET', '/api/v2/tokens/me')).status).toBe(200);
  });

  it('answers malformed JSON, a body over the limit, a wrong method and an unknown path as the platform does', async () => {
    await using emulator = await startTestEmulator();
    const { call, token } = await signIn(emulator);
    const { conversationId, participantId } = emulator.control.start({ queue: 'Support' });
    const path = `/api/v2/conversations/${conversationId}/participants/${participantId}`;
    const raw = await fetch(`${emulator.apiUrl}${path}/attributes`, {
      method: 'PATCH',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: '{"attributes":',
    });
    expect([raw.status, ((await raw.json()) as { code: string }).code]).toEqual([
      400,
      'bad.request',
    ]);
    const big = await call('PATCH', `${path}/attributes`, {
      attributes: { k: 'x'.repeat(512_000) },
    });
    expect([big.status, big.body.code]).toEqual([413, 'request.entity.too.large']);
    const wrong = await call('GET', path);
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'PATCH']);
    const voice = await call('PATCH', path.replace('/conversations/', '/conversations/voice/'), {});
    expect([voice.status, voice.body.code]).toEqual([404, 'not.found']);
    expect(emulator.control.requests().at(-1)?.hint).toContain('/conversations/calls/');
  });

  it('starts with the same ids from the same seed, also after a reset', async () => {
    await using emulator = await startTestEmulator({ seed: 7 });
    await using twin = await startTestEmulator({ seed: 7 });
    const first = emulator.control.start({ queue: 'Support' });
    expect(twin.control.start({ queue: 'Support' })).toEqual(first);
    emulator.control.reset();
    expect(emulator.control.start({ queue: 'Support' })).toEqual(first);
  });

  it('leaves no timer behind', async () => {
    const emulator = await startTestEmulator({ attributes: { lagMs: 1000 } });
    const { call } = await signIn(emulator);
    const channel = (await call('POST', '/api/v2/notifications/channels')).body;
    const socket = await openSocket(channel.connectUri);
    const { conversationId, participantId } = emulator.control.start({ queue: 'Support' });
    await call(
      'PATCH',
      `/api/v2/conversations/${conversationId}/participants/${participantId}/attributes`,
      {
        attributes: { a: '1' },
      },
    );
    await emulator[Symbol.asyncDispose]();
    await socket.closed;
    expect(emulator.manual.pendingTimers).toBe(0);
  });

  it('says that a port is in use', async () => {
    await using emulator = await startTestEmulator();
    await expect(startEmulator({ port: emulator.port })).rejects.toMatchObject({
      code: 'ERR_PORT_IN_USE',
    });
  });
});
