import { describe, expect, it } from 'vitest';
import {
  DEFAULT_CLIENT_ID,
  DEFAULT_CLIENT_SECRET,
  startEmulator,
  type Emulator,
} from '../index.ts';

interface Reply {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

async function signIn(
  emulator: Emulator,
  form: Readonly<Record<string, string>> = { grant_type: 'client_credentials' },
  secret: string | undefined = DEFAULT_CLIENT_SECRET,
): Promise<Reply> {
  const client = {
    client_id: DEFAULT_CLIENT_ID,
    ...(secret === '' ? {} : { client_secret: secret }),
  };
  const answer = await fetch(`${emulator.loginUrl}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({ ...client, ...form }),
  });
  return { status: answer.status, body: await toBody(answer) };
}

async function toBody(answer: Response): Promise<Readonly<Record<string, unknown>>> {
  const body: unknown = await answer.json();
  return Object.fromEntries(Object.entries(body ?? {}));
}

type Send = (method: string, path: string, body?: unknown) => Promise<Reply>;

async function signedIn(
  emulator: Emulator,
  form?: Readonly<Record<string, string>>,
): Promise<Send> {
  const { body: token } = await signIn(emulator, form);
  return async (method, path, body) => {
    const answer = await fetch(`${emulator.apiUrl}/api/v2${path}`, {
      method,
      headers: {
        authorization: `Bearer ${String(token['access_token'])}`,
        'content-type': 'application/json',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: await toBody(answer) };
  };
}

const start = (): Promise<Emulator> => startEmulator({ profile: 'tutorials' });

describe('the voice path of the tutorials', () => {
  it('replaces the whole map', async () => {
    await using emulator = await start();
    const call = await signedIn(emulator);
    const begun = emulator.control.start({ attributes: { 'ivr.language': 'en' } });
    const path = `/conversations/voice/${begun.conversationId}/participants/${begun.participantId}`;
    const patched = await call('PATCH', path, { attributes: { 'crm.tier': 'gold' } });
    expect(patched.status).toBe(200);
    const whole = await call(
      'GET',
      `/conversations/voice/${begun.conversationId}?expand=participants`,
    );
    expect(whole.body['participants']).toMatchObject([
      { attributes: { 'crm.tier': 'gold' }, role: 'customer', state: 'connected' },
    ]);
    expect(JSON.stringify(whole.body)).not.toContain('ivr.language');
  });

  it('answers 409 when the participant has changed since this token read it', async () => {
    await using emulator = await start();
    const [ours, theirs] = [await signedIn(emulator), await signedIn(emulator)];
    const begun = emulator.control.start({});
    const path = `/conversations/voice/${begun.conversationId}/participants/${begun.participantId}`;
    await ours('GET', path);
    await theirs('PATCH', path, { attributes: { a: '1' } });
    const refused = await ours('PATCH', path, { attributes: { b: '2' } });
    expect(refused).toMatchObject({ status: 409, body: { code: 'request.conflict' } });
    await ours('GET', path);
    expect((await ours('PATCH', path, { attributes: { b: '2' } })).status).toBe(200);
  });
});

describe('the generic path of the tutorials', () => {
  it('merges, removes with null, and answers the whole participant', async () => {
    await using emulator = await start();
    const call = await signedIn(emulator);
    const begun = emulator.control.start({ attributes: { keep: '1', drop: '2' } });
    const path = `/conversations/${begun.conversationId}/participants/${begun.participantId}`;
    const patched = await call('PATCH', path, {
      attributes: { drop: null, form_submitted: true },
      state: 'connected',
    });
    expect(patched).toMatchObject({
      status: 200,
      body: {
        conversationId: begun.conversationId,
        participantId: begun.participantId,
        state: 'connected',
        wrapUpCode: null,
        attributes: { keep: '1', form_submitted: 'true' },
      },
    });
    const { attributes } = (await call('GET', path)).body;
    expect(Object.keys(Object(attributes))).toEqual([
      'keep',
      'form_submitted',
      'system.createdTimestamp',
    ]);
  });

  it('answers 409 only once the conversation has ended', async () => {
    await using emulator = await start();
    const call = await signedIn(emulator);
    const begun = emulator.control.start({});
    const one = `/conversations/${begun.conversationId}`;
    const closed = await call('PUT', one, { state: 'closed' });
    expect(closed).toMatchObject({ status: 200, body: { state: 'terminated' } });
    const path = `${one}/participants/${begun.participantId}`;
    expect((await call('PATCH', path, { attributes: { a: '1' } })).status).toBe(409);
    expect((await call('PATCH', one, { attributes: { a: '1' } })).status).toBe(409);
  });
});

describe('conversations in the tutorials', () => {
  it('gives attributes of the conversation to its customer', async () => {
    await using emulator = await start();
    const call = await signedIn(emulator);
    const begun = emulator.control.start({});
    const one = `/conversations/${begun.conversationId}`;
    const patched = await call('PATCH', one, { attributes: { 'crm.tier': 'gold' } });
    expect(patched.body['participants']).toMatchObject([{ attributes: { 'crm.tier': 'gold' } }]);
  });

  it('creates a message conversation, and keeps what stands on from alone outside', async () => {
    await using emulator = await start();
    const call = await signedIn(emulator);
    const [queue] = emulator.control.world().queues;
    const from = { id: 'u1', name: 'Tester', attributes: { source: 'web' } };
    const to = [{ id: queue?.id, type: 'queue' }];
    const hidden = await call('POST', '/conversations', {
      type: 'message',
      to,
      from,
      participants: [{ role: 'customer', attributes: { tier: 'platinum' } }],
    });
    expect(hidden).toMatchObject({
      status: 201,
      body: {
        attributes: { source: 'web' },
        participants: [{ role: 'customer', attributes: { tier: 'platinum' } }, {}],
      },
    });
    const sent = await call('POST', '/conversations/messages', {
      to,
      from,
      attributes: { k: 'v' },
    });
    expect(sent.body['participants']).toMatchObject([{ attributes: { k: 'v' } }, {}]);
  });

  it('lists a flow’s declared inputs as inputDefinitions', async () => {
    await using emulator = await start();
    const call = await signedIn(emulator);
    const [flow] = emulator.control.world().flows;
    const { body } = await call('GET', `/flows/${flow?.id}`);
    expect(body['inputDefinitions']).toContainEqual({
      name: 'orders.open',
      dataType: 'integer',
      required: false,
    });
  });
});

describe('sign-in in the tutorials', () => {
  it('takes scopes, and enforces the documents’ own with 403', async () => {
    await using emulator = await start();
    const form = { grant_type: 'client_credentials', scope: 'conversation:view' };
    const reader = await signedIn(emulator, form);
    const begun = emulator.control.start({});
    const path = `/conversations/${begun.conversationId}/participants/${begun.participantId}`;
    expect((await reader('GET', path)).status).toBe(200);
    const refused = await reader('PATCH', path, { attributes: { a: '1' } });
    expect(refused).toMatchObject({ status: 403, body: { code: 'app.not.authorized.for.scope' } });
  });

  it('takes none of them in the platform’s profile', async () => {
    await using emulator = await startEmulator();
    const password = { grant_type: 'password', username: 'ada.agent@example.com', password: 'x' };
    expect((await signIn(emulator, password)).body).toMatchObject({
      error: 'unsupported_grant_type',
    });
    const call = await signedIn(emulator);
    const begun = emulator.control.start({});
    const voice = `/conversations/voice/${begun.conversationId}/participants/${begun.participantId}`;
    expect((await call('PATCH', voice, { attributes: {} })).status).toBe(404);
  });
});
