import { describe, expect, it } from 'vitest';
import { SIGN_IN } from '../../../test/fixtures/client.ts';
import { configSchema, type RapportConfig } from '../../config/schema.ts';
import { systemClock } from '../../lib/clock.ts';
import { silentLog, type Log } from '../../lib/log.ts';
import {
  startScriptedPlatform,
  TOKEN_ANSWER,
  type ScriptedAnswer,
  type ScriptedPlatform,
} from '../../../test/fixtures/scripted-platform.ts';
import type { ServiceParts } from '../app.ts';
import { openRooms } from './rooms.ts';

const configFor = (platform: ScriptedPlatform): RapportConfig =>
  configSchema.parse({
    genesys: { apiUrl: platform.url, auth: SIGN_IN },
    attributes: { tier: { from: '"gold"' } },
    store: 'sqlite::memory:',
  });

const partsWith = (log: Log): ServiceParts => ({ clock: systemClock, random: () => 0, log });

interface Asked {
  readonly login: () => ScriptedAnswer;
  /** Resolves once it was asked for a token. */
  readonly forToken: Promise<void>;
}

function answering(answer: ScriptedAnswer): Asked {
  const { promise, resolve } = Promise.withResolvers<void>();
  const login = (): ScriptedAnswer => {
    resolve();
    return answer;
  };
  return { login, forToken: promise };
}

const api = (): ScriptedAnswer => ({});

describe('openRooms', () => {
  it('signs in before anybody asks the platform for something', async () => {
    const { login, forToken } = answering(TOKEN_ANSWER(1));
    await using platform = await startScriptedPlatform({ api, login });
    await using stack = new AsyncDisposableStack();
    const { client } = await openRooms(configFor(platform), partsWith(silentLog), stack);
    await forToken;
    await client.signIn();
    expect(platform.signIns).toHaveLength(1);
    expect(platform.requests).toEqual([]);
  });

  it('leaves what comes of it to those who ask: it says and throws nothing by itself', async () => {
    const said: unknown[] = [];
    const note = (event: string): void => void said.push(event);
    const log: Log = { ...silentLog, warn: note, error: note };
    const refusal = { status: 401, body: { error: 'invalid_client' } };
    await using platform = await startScriptedPlatform({ api, login: () => refusal });
    await using stack = new AsyncDisposableStack();
    const { client } = await openRooms(configFor(platform), partsWith(log), stack);
    await expect(client.signIn()).rejects.toMatchObject({ code: 'ERR_GENESYS_SIGN_IN_REFUSED' });
    expect(platform.signIns).toHaveLength(1);
    expect(said).toEqual([]);
  });

  it('closes while nobody answers its sign-in', async () => {
    const { login, forToken } = answering({ silent: true });
    await using platform = await startScriptedPlatform({ api, login });
    await using stack = new AsyncDisposableStack();
    await openRooms(configFor(platform), partsWith(silentLog), stack);
    await forToken;
    await expect(stack.disposeAsync()).resolves.toBeUndefined();
  });
});
