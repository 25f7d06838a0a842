import { describe, expect, it } from 'vitest';
import { isPlatformError, isRapportError } from '../../src/index.ts';
import { openLibrary, setWith } from './library.ts';
import { PROFILES, startRow, writeConfig, type Env, type RowStage } from './stage.ts';

function startLive(row: RowStage): { readonly conversationId: string; readonly env: Env } {
  const { conversationId } = row.emulator.control.start({ queue: 'Support' });
  return { conversationId, env: { ...row.signIn, GENESYS_CONVERSATION_ID: conversationId } };
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
      await using row = await startRow(profile);
      const { env } = startLive(row);
      const wrong = { ...env, GENESYS_CLIENT_SECRET: 'wrong' };
      const { status, err } = await row.rapport(['attributes', 'set', 'a=1'], wrong);
      expect(status).toBe(2);
      expect(err).toMatch(/→ .*(secret|region)/);
      expect(err).not.toContain('wrong');
    });

    it('401: a token that is revoked meanwhile is replaced, and nobody notices', async () => {
      await using row = await startRow(profile);
      const { conversationId, env } = startLive(row);
      row.emulator.control.addFault({ kind: 'revoke-token', operation: ATTRIBUTES_PATH, times: 1 });
      const ran = await row.rapport(['attributes', 'set', 'a=1'], env);
      expect(ran).toMatchObject({ status: 0, err: '' });
      expect(row.emulator.control.attributes(conversationId)).toEqual({ a: '1' });
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
      await using row = await startRow(profile);
      const { env } = startLive(row);
      const fault = { kind: 'status', operation: ATTRIBUTES_PATH, commits: false } as const;
      row.emulator.control.addFault({ ...fault, status: statusCode });
      const { status, out } = await row.rapport(['attributes', 'set', 'a=1'], env);
      expect(status).toBe(1);
      expect(out).toContain(advice);
      await using library = openLibrary(row, env);
      const [verdict] = (await setWith(library, { a: '1' })).keys;
      expect(verdict?.advice).toContain(advice);
    });

    it('403: a client that may not read is told which permission it lacks', async () => {
      await using row = await startRow(profile);
      const { env } = startLive(row);
      row.emulator.control.addFault({
        kind: 'status',
        status: 403,
        operation: 'GET /api/v2/conversations/**',
        commits: false,
      });
      const { status, err } = await row.rapport(['attributes', 'get'], env);
      expect(status).toBe(2);
      expect(err).toMatch(
        /403[^]*→ .*conversation:communication:view.*Admin > Integrations > OAuth/,
      );
    });

    it('404: a conversation that nobody knows', async () => {
      await using row = await startRow(profile);
      const { env } = startLive(row);
      const unknown = '00000000-0000-4000-8000-000000000000';
      const { status, err } = await row.rapport(['attributes', 'get', unknown], env);
      expect(status).toBe(2);
      expect(err).toMatch(/404[^]*→ Check the id and the region.*attributes get --ended/);
      await using library = openLibrary(row, { ...env, GENESYS_CONVERSATION_ID: unknown });
      const error: unknown = await setWith(library, { a: '1' }).catch((thrown: unknown) => thrown);
      expect(isPlatformError(error) && isRapportError(error) && error.status).toBe(404);
    });

    it('409: a conflict is looked at and sent again', async () => {
      await using row = await startRow(profile);
      const { conversationId } = startLive(row);
      row.emulator.control.addFault({ ...CONFLICT, times: 1 });
      const env = await writeConfig(row, { settleMs: 100 });
      const { status } = await row.rapport(['attributes', 'set', conversationId, 'a=1'], env);
      expect(status).toBe(0);
      expect(row.emulator.control.attributes(conversationId)).toEqual({ a: '1' });
    });

    it('409: stops when the conversation has ended meanwhile, and says so', async () => {
      const live = new Set<string>();
      await using row = await startRow(profile, {
        emulator: {
          onExchange({ method }) {
            if (method === 'PATCH') for (const id of live) row.emulator.control.end(id);
          },
        },
      });
      const { conversationId } = startLive(row);
      live.add(conversationId);
      row.emulator.control.addFault(CONFLICT);
      const env = await writeConfig(row, { settleMs: 100 });
      const { status, out } = await row.rapport(['attributes', 'set', conversationId, 'a=1'], env);
      expect([status, out]).toEqual([1, expect.stringContaining('The conversation had ended')]);
      const patches = row.emulator.control.requests().filter(({ method }) => method === 'PATCH');
      expect(patches).toHaveLength(1);
    });

    it('409: says after the last attempt that somebody changes the conversation all the while', async () => {
      await using row = await startRow(profile);
      const { conversationId } = startLive(row);
      row.emulator.control.addFault(CONFLICT);
      const env = await writeConfig(row, { settleMs: 100 });
      const { status, out } = await row.rapport(['attributes', 'set', conversationId, 'a=1'], env);
      expect([status, out]).toEqual([1, expect.stringContaining('answered 409 each time')]);
    });

    it('429: waits as long as the answer says and writes then', async () => {
      await using row = await startRow(profile);
      const { conversationId, env } = startLive(row);
      row.emulator.control.addFault({ ...CONFLICT, status: 429, retryAfterSeconds: 1, times: 1 });
      expect((await row.rapport(['attributes', 'set', 'a=1'], env)).status).toBe(0);
      const [refused, taken] = row.emulator.control
        .requests()
        .filter(({ method }) => method === 'PATCH');
      expect([refused?.status, taken?.status]).toEqual([429, 202]);
      expect((taken?.at ?? 0) - (refused?.at ?? 0)).toBeGreaterThanOrEqual(1000);
      expect(row.emulator.control.attributes(conversationId)).toEqual({ a: '1' });
    });
  },
);
