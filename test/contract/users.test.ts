import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Emulator } from '../../src/emulator/index.ts';
import { rejectionOf, SdkClient } from './sdk-client.ts';
import { idOf, setStage, type Stage } from './stage.ts';

const REDIRECT = 'http://localhost:4567/done';
const WEB = { id: 'rapport-demo-web', secret: 'rapport-demo-secret' };

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage[Symbol.asyncDispose]());

/** Goes through the login page as a browser does, and returns the code that came back. */
async function codeFor(
  emulator: Emulator,
  name: string,
  extra: Readonly<Record<string, string>> = {},
): Promise<string> {
  const asked = { client_id: WEB.id, redirect_uri: REDIRECT, response_type: 'code', ...extra };
  const url = `${emulator.loginUrl}/oauth/authorize?${new URLSearchParams(asked).toString()}`;
  const body = new URLSearchParams({ user: idOf(emulator, 'users', name) });
  const answer = await fetch(url, { method: 'POST', body, redirect: 'manual' });
  return new URL(answer.headers.get('location') ?? '').searchParams.get('code') ?? '';
}

async function signInAs(name: string): Promise<SdkClient> {
  const sdk = new SdkClient(stage.emulator);
  const code = await codeFor(stage.emulator, name);
  await sdk.api.loginCodeAuthorizationGrant(WEB.id, WEB.secret, code, REDIRECT);
  return sdk;
}

describe('the official SDK signs a user in', () => {
  it('by code, and learns who that is', async () => {
    const sdk = await signInAs('Ada Agent');
    const me = await sdk.users.getUsersMe({ expand: ['organization'] });
    expect(me).toMatchObject({
      id: idOf(stage.emulator, 'users', 'Ada Agent'),
      organization: { id: stage.emulator.control.world().organization.id },
    });
    expect((await sdk.tokens.getTokensMe()).OAuthClient?.authorizedGrantType).toBe('CODE');
  });

  it('and renews the token by the one for that', async () => {
    const sdk = new SdkClient(stage.emulator);
    const code = await codeFor(stage.emulator, 'Ben Agent');
    const first = await sdk.api.loginCodeAuthorizationGrant(WEB.id, WEB.secret, code, REDIRECT);
    // The SDK gives it and its declaration forgets it.
    const { refreshToken = '' } = first as { readonly refreshToken?: string };
    stage.emulator.control.revokeTokens(WEB.id);
    await sdk.api.refreshCodeAuthorizationGrant(WEB.id, WEB.secret, refreshToken);
    expect((await sdk.users.getUsersMe()).name).toBe('Ben Agent');
  });

  it('with a PKCE verifier in the place of a secret', async () => {
    const sdk = new SdkClient(stage.emulator);
    const verifier = sdk.api.generatePKCECodeVerifier(64);
    const code = await codeFor(stage.emulator, 'Cleo Supervisor', {
      code_challenge: await sdk.api.computePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    await sdk.api.authorizePKCEGrant(WEB.id, verifier, code, REDIRECT);
    expect((await sdk.users.getUsersMe()).name).toBe('Cleo Supervisor');
  });

  it('in vain with a code that was made up', async () => {
    const sdk = new SdkClient(stage.emulator);
    const error = await rejectionOf(
      sdk.api.loginCodeAuthorizationGrant(WEB.id, WEB.secret, 'made-up', REDIRECT),
    );
    expect(error).toMatchObject({ response: { status: 400, data: { error: 'invalid_grant' } } });
  });
});

describe('the official SDK, for a user', () => {
  it('calls a number, sees the call among its own, and ends it', async () => {
    const { conversations } = await signInAs('Ada Agent');
    const { id = '' } = await conversations.postConversationsCalls({
      phoneNumber: '+15551239999',
      attributes: { campaign: 'spring' },
    });
    const { entities } = await conversations.getConversationsCalls();
    expect(entities?.map((call) => call.id)).toEqual([id]);
    stage.emulator.control.move(id, { kind: 'connect' });
    const { participants } = await conversations.getConversation(id);
    expect(participants.map(({ purpose }) => purpose)).toEqual(['agent', 'external']);
    const ended = { state: 'disconnected', startTime: '', participants: [] };
    expect((await conversations.patchConversationsCall(id, ended)).endTime).toBeDefined();
    expect((await conversations.getConversationsCalls()).entities).toEqual([]);
  });

  it('wraps up its part of a call', async () => {
    const { conversations } = await signInAs('Ben Agent');
    const { control } = stage.emulator;
    const { conversationId } = control.start({ queue: 'Sales' });
    control.move(conversationId, { kind: 'answer', user: 'Ben Agent' });
    const before = await conversations.getConversationsCall(conversationId);
    const own = before.participants?.find(({ user }) => user !== undefined)?.id ?? '';
    await conversations.patchConversationsCallParticipant(conversationId, own, {
      state: 'disconnected',
      wrapup: { code: 'sold', notes: 'two of them' },
    });
    const after = await conversations.getConversationsCall(conversationId);
    expect(after.participants?.find(({ id }) => id === own)).toMatchObject({
      state: 'disconnected',
      wrapup: { code: 'sold' },
    });
  });

  it('may not bring in an open message, which only an app may', async () => {
    const { conversations } = await signInAs('Ada Agent');
    const open = stage.emulator.control.world().integrations.find(({ kind }) => kind === 'open');
    const message = {
      channel: { from: { id: 'guest-1', idType: 'Opaque' }, time: '2026-01-05T09:00:00.000Z' },
      text: 'hello',
    };
    const error = await rejectionOf(
      conversations.postConversationsMessageInboundOpenMessage(open?.id ?? '', message),
    );
    expect(error).toMatchObject({ status: 400, code: 'not.a.client' });
  });
});
