import { describe, expect, it } from 'vitest';
import { clientOf } from '../../../test/fixtures/client.ts';
import {
  startScriptedPlatform,
  type ScriptedAnswer,
  type ScriptedPlatform,
} from '../../../test/fixtures/scripted-platform.ts';
import type { GenesysClient } from '../client.ts';

interface Stage extends AsyncDisposable {
  readonly platform: ScriptedPlatform;
  readonly client: GenesysClient;
}

async function openStage(answer: ScriptedAnswer): Promise<Stage> {
  const platform = await startScriptedPlatform({ api: () => answer });
  const client = clientOf({ apiUrl: platform.url });
  return {
    platform,
    client,
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      await platform[Symbol.asyncDispose]();
    },
  };
}

const ownerOf = ({ client }: Stage, token: string): Promise<string | undefined> =>
  client.users.ownerOf(token, AbortSignal.any([]));

describe('UsersApi.ownerOf', () => {
  it('asks with the token itself, and so with nothing of our own', async () => {
    await using stage = await openStage({ body: { id: 'ada' } });
    const before = stage.client.budget.snapshot();
    expect(await ownerOf(stage, 'a-token-of-ada')).toBe('ada');
    expect(stage.platform.calls).toEqual(['GET /api/v2/users/me']);
    expect(stage.platform.requests[0]?.headers.authorization).toBe('Bearer a-token-of-ada');
    expect(stage.platform.signIns).toEqual([]);
    expect(stage.client.budget.snapshot()).toEqual(before);
  });

  it.each([
    ['nobody has', { status: 401, body: { code: 'bad.credentials' } }],
    ['a service has', { status: 400, body: { code: 'not.a.user' } }],
    ['names nobody', { body: {} }],
  ])('knows no owner of a token that %s', async (_whose, answer) => {
    await using stage = await openStage(answer);
    expect(await ownerOf(stage, 'token')).toBeUndefined();
  });

  it.each([
    ['has enough of it', { status: 429 }],
    ['fails', { status: 503 }],
    ['breaks off', { reset: true }],
    ['is something else', { body: '<h1>Log in</h1>' }],
  ])(
    'says nothing of the token, and asks no second time, when the platform %s',
    async (_, answer) => {
      await using stage = await openStage(answer);
      await expect(ownerOf(stage, 'token')).rejects.toMatchObject({ operation: 'getUsersMe' });
      expect(stage.platform.requests).toHaveLength(1);
    },
  );

  it('ends with the client', async () => {
    await using stage = await openStage({ silent: true });
    await Promise.all([
      expect(ownerOf(stage, 'token')).rejects.toMatchObject({ operation: 'getUsersMe' }),
      stage.client[Symbol.asyncDispose](),
    ]);
  });
});
