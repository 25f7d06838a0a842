import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  clientWith,
  startTestEmulator,
  type TestEmulator,
} from '../../../test/fixtures/emulator-clients.ts';

const REDIRECT = 'http://localhost:4567/done';
const WEB = { client_id: 'rapport-demo-web', client_secret: 'rapport-demo-secret' };

/** Goes through the login page as a browser does. @returns the code and state that came back */
async function signInAs(
  emulator: TestEmulator,
  name: string,
  extra: Record<string, string> = {},
): Promise<URLSearchParams> {
  const query = new URLSearchParams({
    client_id: WEB.client_id,
    redirect_uri: REDIRECT,
    response_type: 'code',
    state: 's-1',
    ...extra,
  });
  const url = `${emulator.loginUrl}/oauth/authorize?${query.toString()}`;
  const html = await (await fetch(url)).text();
  const user = new RegExp(`value="([^"]+)">${name}<`).exec(html)?.[1] ?? '';
  const body = new URLSearchParams({ user });
  const answer = await fetch(url, { method: 'POST', body, redirect: 'manual' });
  return new URL(answer.headers.get('location') ?? '').searchParams;
}

async function exchange(emulator: TestEmulator, form: Record<string, string>) {
  const body = new URLSearchParams(form);
  const answer = await fetch(`${emulator.loginUrl}/oauth/token`, { method: 'POST', body });
  return (await answer.json()) as Record<string, string>;
}

describe('CodeStore', () => {
  it('signs a user in by code and refreshes, each once', async () => {
    await using emulator = await startTestEmulator();
    const back = await signInAs(emulator, 'Ada Agent');
    expect(back.get('state')).toBe('s-1');
    const form = {
      grant_type: 'authorization_code',
      code: back.get('code') ?? '',
      redirect_uri: REDIRECT,
      ...WEB,
    };
    const first = await exchange(emulator, form);
    const me = await clientWith(emulator, first['access_token'] ?? '').call(
      'GET',
      '/api/v2/users/me',
    );
    expect(me.body).toMatchObject({ name: 'Ada Agent' });
    expect(await exchange(emulator, form)).toMatchObject({ error: 'invalid_grant' });
    const refresh = {
      grant_type: 'refresh_token',
      refresh_token: first['refresh_token'] ?? '',
      ...WEB,
    };
    expect((await exchange(emulator, refresh))['access_token']).toBeDefined();
    expect(await exchange(emulator, refresh)).toMatchObject({ error: 'invalid_grant' });
  });

  it('takes a PKCE verifier in the place of the secret, and no other one', async () => {
    await using emulator = await startTestEmulator();
    const verifier = 'v'.repeat(43);
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    const form = {
      grant_type: 'authorization_code',
      client_id: WEB.client_id,
      redirect_uri: REDIRECT,
    };
    const extra = { code_challenge: challenge, code_challenge_method: 'S256' };
    const good = (await signInAs(emulator, 'Ben Agent', extra)).get('code') ?? '';
    const granted = await exchange(emulator, { ...form, code: good, code_verifier: verifier });
    expect(granted['token_type']).toBe('bearer');
    const other = (await signInAs(emulator, 'Ben Agent', extra)).get('code') ?? '';
    const refused = await exchange(emulator, {
      ...form,
      code: other,
      code_verifier: 'w'.repeat(43),
    });
    expect(refused).toMatchObject({ error: 'invalid_grant' });
  });

  it('gives nothing for a verifier alone when the code was asked for without PKCE', async () => {
    await using emulator = await startTestEmulator();
    const code = (await signInAs(emulator, 'Ada Agent')).get('code') ?? '';
    const refused = await exchange(emulator, {
      grant_type: 'authorization_code',
      client_id: WEB.client_id,
      redirect_uri: REDIRECT,
      code,
      code_verifier: 'v'.repeat(43),
    });
    expect(refused).toMatchObject({ error: 'invalid_grant' });
    const client = await exchange(emulator, {
      grant_type: 'client_credentials',
      client_id: 'rapport-demo',
      code_verifier: 'v'.repeat(43),
    });
    expect(client).toMatchObject({ error: 'invalid_client' });
  });

  it('does not let a code live longer than five minutes', async () => {
    await using emulator = await startTestEmulator();
    const code = (await signInAs(emulator, 'Ada Agent')).get('code') ?? '';
    await emulator.control.advance(300_000);
    const form = { grant_type: 'authorization_code', code, redirect_uri: REDIRECT, ...WEB };
    expect(await exchange(emulator, form)).toMatchObject({ error: 'invalid_grant' });
  });
});

describe('createLoginPages', () => {
  it('redirects to no address that is not registered', async () => {
    await using emulator = await startTestEmulator();
    const query = new URLSearchParams({
      client_id: WEB.client_id,
      redirect_uri: 'https://evil.example/',
      response_type: 'code',
    });
    const url = `${emulator.loginUrl}/oauth/authorize?${query.toString()}`;
    const answer = await fetch(url, { redirect: 'manual' });
    expect([answer.status, answer.headers.get('location')]).toEqual([400, null]);
  });
});

describe('a token for a user', () => {
  it('has the rights of the user’s roles and the scopes of the client', async () => {
    await using emulator = await startTestEmulator({
      organization: {
        users: [{ name: 'Ada Agent', permissions: ['routing:queue:view'] }],
        clients: [
          {
            id: WEB.client_id,
            secret: WEB.client_secret,
            grant: 'authorization_code',
            redirectUris: [REDIRECT],
            scopes: ['routing', 'conversations:readonly'],
          },
        ],
      },
    });
    const code = (await signInAs(emulator, 'Ada Agent')).get('code') ?? '';
    const form = { grant_type: 'authorization_code', code, redirect_uri: REDIRECT, ...WEB };
    const { access_token: token = '' } = await exchange(emulator, form);
    const { call } = clientWith(emulator, token);
    const { conversationId: c, participantId: p } = emulator.control.start({ queue: 'Support' });
    const queues = await call('GET', '/api/v2/routing/queues');
    const conversation = await call('GET', `/api/v2/conversations/${c}`);
    const write = await call(
      'PATCH',
      `/api/v2/conversations/${c}/participants/${p}/attributes`,
      {},
    );
    expect([queues.status, conversation.body.code, write.body.code]).toEqual([
      200,
      'missing.any.permissions',
      'app.not.authorized.for.scope',
    ]);
  });
});
