import { describe, expect, it } from 'vitest';
import { isPlatformError, isRapportError } from '../../src/index.ts';
import { openLibrary, setWith } from './library.ts';
import { PROFILES, startStage, writeConfig, type Env, type Stage } from './stage.ts';

function startLive(stage: Stage): { readonly conversationId: string; readonly env: Env } {
  const { conversationId } = stage.emulator.control.start({ queue: 'Support' });
  return { conversationId, env: { ...stage.signIn, GENESYS_CONVERSATION_ID: conversationId } };
}

const ATTRIBUTES_PATH = 'PATCH /api/v2/conversations/**';
const CONFLICT = {
  kind: 'status',
  status: 409,
  operation: ATTRIBUTES_PATH,
  commits: false,
} as const;

describe.concurrent.each(PROFILES)(
  'what the documents’ debugging sections answer, on the %s emulator',
  (profile) => {
    it('401: wrong credentials are told as such, with what to check', async () => {
      await using stage = await startStage(profile);
      const { env } = startLive(stage);
      const wrong = { ...env, GENESYS_CLIENT_SECRET: 'wrong' };
      const { status, err } = await stage.rapport(['attributes', 'set', 'a=1'], wrong);
      expect(status).toBe(2);
      expect(err).toMatch(/→ .*(secret|region)/);
      expect(err).not.toContain('wrong');
    });

    it('401: a token that is revoked meanwhile is replaced, and nobody notices', async () => {
      await using stage = await startStage(profile);
      const { conversationId, env } = startLive(stage);
      stage.emulator.control.addFault({
        kind: 'revoke-token',
        operation: ATTRIBUTES_PATH,
        times: 1,
      });
      const ran = await stage.rapport(['attributes', 'set', 'a=1'], env);
      expect(ran).toMatchObject({ status: 0, err: '' });
      expect(stage.emulator.control.attributes(conversationId)).toEqual({ a: '1' });
    });

    it.each([
      ['401: a fresh token is refused too', 401, 'Check client id, secret and region'],
      ['403: the client may not write', 403, 'The OAuth client may not do this'],
      [
        '404: the write finds nothing where the read does',
        404,
        'OAuth client sees the conversation',
      ],
    ])('%s, and the key says what to do', async (_what, statusCode, advice) => {
      await using stage = await startStage(profile);
      const { env } = startLive(stage);
      const fault = { kind: 'status', operation: ATTRIBUTES_PATH, commits: false } as const;
      stage.emulator.control.addFault({ ...fault, status: statusCode });
      const { status, out } = await stage.rapport(['attributes', 'set', 'a=1'], env);
      expect(status).toBe(1);
      expect(out).toContain(advice);
      await using library = openLibrary(stage, env);
      const [verdict] = (await setWith(library, { a: '1' })).keys;
      expect(verdict?.advice).toContain(advice);
    });

    it('403: a client that may not read is told which permission it lacks', async () => {
      await using stage = await startStage(profile);
      const { env } = startLive(stage);
      stage.emulator.control.addFault({
        kind: 'status',
        status: 403,
        operation: 'GET /api/v2/conversations/**',
        commits: false,
      });
      const { status, err } = await stage.rapport(['attributes', 'get'], env);
      expect(status).toBe(2);
      expect(err).toMatch(
        /403[^]*→ .*conversation:communication:view.*Admin > Integrations > OAuth/,
      );
    });

    it('404: a conversation that nobody knows', async () => {
      await using stage = await startStage(profile);
      const { env } = startLive(stage);
      const unknown = '00000000-0000-4000-8000-000000000000';
      const { status, err } = await stage.rapport(['attributes', 'get', unknown], env);
      expect(status).toBe(2);
      expect(err).toMatch(/404[^]*→ Check the id and the region.*attributes get --ended/);
      await using library = openLibrary(stage, { ...env, GENESYS_CONVERSATION_ID: unknown });
      const error: unknown = await setWith(library, { a: '1' }).catch((thrown: unknown) => thrown);
      expect(isPlatformError(error) && isRapportError(error) && error.status).toBe(404);
    });

    it('409: a conflict is looked at and sent again', async () => {
      await using stage = await startStage(profile);
      const { conversationId } = startLive(stage);
      stage.emulator.control.addFault({ ...CONFLICT, times: 1 });
      const env = await writeConfig(stage, { settleMs: 100 });
      const { status } = await stage.rapport(['attributes', 'set', conversationId, 'a=1'], env);
      expect(status).toBe(0);
      expect(stage.emulator.control.attributes(conversationId)).toEqual({ a: '1' });
    });

    it('409: stops when the conversation has ended meanwhile, and says so', async () => {
      const live = new Set<string>();
      await using stage = await startStage(profile, {
        emulator: {
          onExchange({ method }) {
            if (method === 'PATCH') for (const id of live) stage.emulator.control.end(id);
          },
        },
      });
      const { conversationId } = startLive(stage);
      live.add(conversationId);
      stage.emulator.control.addFault(CONFLICT);
      const env = await writeConfig(stage, { settleMs: 100 });
      const { status, out } = await stage.rapport(
        ['attributes', 'set', conversationId, 'a=1'],
        env,
      );
      expect([status, out]).toEqual([1, expect.stringContaining('The conversation had ended')]);
      const patches = stage.emulator.control.requests().filter(({ method }) => method === 'PATCH');
      expect(patches).toHaveLength(1);
    });

    it('409: says after the last attempt that somebody changes the conversation all the while', async () => {
      await using stage = await startStage(profile);
      const { conversationId } = startLive(stage);
      stage.emulator.control.addFault(CONFLICT);
      const env = await writeConfig(stage, { settleMs: 100 });
      const { status, out } = await stage.rapport(
        ['attributes', 'set', conversationId, 'a=1'],
        env,
      );
      expect([status, out]).toEqual([1, expect.stringContaining('answered 409 each time')]);
    });

    it('429: waits as long as the answer says and writes then', async () => {
      await using stage = await startStage(profile);
      const { conversationId, env } = startLive(stage);
      stage.emulator.control.addFault({ ...CONFLICT, status: 429, retryAfterSeconds: 1, times: 1 });
      expect((await stage.rapport(['attributes', 'set', 'a=1'], env)).status).toBe(0);
      const [refused, taken] = stage.emulator.control
        .requests()
        .filter(({ method }) => method === 'PATCH');
      expect([refused?.status, taken?.status]).toEqual([429, 202]);
      expect((taken?.at ?? 0) - (refused?.at ?? 0)).toBeGreaterThanOrEqual(1000);
      expect(stage.emulator.control.attributes(conversationId)).toEqual({ a: '1' });
    });
  },
);
