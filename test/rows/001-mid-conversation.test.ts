import { describe, expect, it, vi } from 'vitest';
import type { InboundStart } from '../../src/emulator/index.ts';
import { openLibrary, setWith, statesOf } from './library.ts';
import { POLL } from './serve.ts';
import {
  bodiesOf,
  operationsOf,
  PROFILES,
  startRow,
  writeConfig,
  type Env,
  type RowStage,
} from './stage.ts';

const MEDIA = ['calls', 'messages', 'callbacks', 'emails'] as const;
const PARTICIPANT = '/api/v2/conversations/{conversationId}/participants/{participantId}';
const PAYLOAD = {
  'customer.tier': 'enterprise',
  'interaction.reason': 'technical_support',
  'agent.handoff.complete': 'true',
  'metadata.sessionId': 'sess-1715769000',
};
const PAIRS = Object.entries(PAYLOAD).map(([key, value]) => `${key}=${value}`);

interface Live {
  readonly conversationId: string;
  readonly participantId: string;
  /** The variables of document 001. */
  readonly env: Env;
}

function startLive(row: RowStage, start: InboundStart = {}): Live {
  const live = row.emulator.control.start({ queue: 'Support', ...start });
  const env = {
    ...row.signIn,
    GENESYS_ENVIRONMENT: 'mypurecloud.com',
    GENESYS_CONVERSATION_ID: live.conversationId,
    GENESYS_PARTICIPANT_ID: live.participantId,
  };
  return { ...live, env };
}

describe.concurrent.each(PROFILES)('document 001 on the %s emulator', (profile) => {
  it('its variables alone set its keys, and each is checked against what was sent', async () => {
    await using row = await startRow(profile);
    const { conversationId, env } = startLive(row, { attributes: { 'ivr.language': 'en' } });
    const { status, out } = await row.rapport(['attributes', 'set', ...PAIRS, '--json'], env);
    expect(status).toBe(0);
    const { keys } = JSON.parse(out) as { keys: { key: string; state: string }[] };
    expect(keys.map(({ key, state }) => [key, state])).toEqual(
      Object.keys(PAYLOAD).map((key) => [key, 'visible']),
    );
    expect(bodiesOf(row, 'PATCH')).toEqual([{ attributes: PAYLOAD }]);
    expect(row.emulator.control.attributes(conversationId)).toEqual({
      'ivr.language': 'en',
      ...PAYLOAD,
    });
  });

  it.each(MEDIA)('sets keys on the customer of %s', async (media) => {
    await using row = await startRow(profile);
    const { conversationId, env } = startLive(row, { media });
    expect((await row.rapport(['attributes', 'set', 'a=1'], env)).status).toBe(0);
    expect(row.emulator.control.attributes(conversationId)).toEqual({ a: '1' });
  });

  it('overwrites one key and removes another, and leaves the rest', async () => {
    await using row = await startRow(profile);
    const { conversationId, env } = startLive(row, { attributes: { a: '1', b: '2', c: '3' } });
    const args = ['attributes', 'set', 'a=changed', '--remove', 'b'];
    expect((await row.rapport(args, env)).status).toBe(0);
    expect(row.emulator.control.attributes(conversationId)).toEqual({
      a: 'changed',
      b: '',
      c: '3',
    });
  });

  it('overwrites and removes through the library', async () => {
    await using row = await startRow(profile);
    const { conversationId, env } = startLive(row, { attributes: { a: '1', b: '2', c: '3' } });
    await using library = openLibrary(row, env);
    const written = await setWith(library, { a: 'changed', b: null });
    expect(statesOf(written)).toEqual({ a: 'visible', b: 'visible' });
    expect(row.emulator.control.attributes(conversationId)).toEqual({
      a: 'changed',
      b: '',
      c: '3',
    });
  });

  it('sets keys on several participants at once', async () => {
    await using row = await startRow(profile);
    const { conversationId, participantId, env } = startLive(row);
    const agentId = answer(row, conversationId);
    const named = ['--participant', participantId, agentId];
    const { status } = await row.rapport(['attributes', 'set', 'a=1', ...named], env);
    expect(status).toBe(0);
    const { control } = row.emulator;
    expect(control.attributes(conversationId)).toEqual({ a: '1' });
    expect(control.attributes(conversationId, agentId)).toEqual({ a: '1' });
  });

  it('sets keys on several participants through the library', async () => {
    await using row = await startRow(profile);
    const { conversationId, participantId, env } = startLive(row);
    const agentId = answer(row, conversationId);
    await using library = openLibrary(row, env);
    const written = await setWith(library, { a: '1' }, [participantId, agentId]);
    expect(written.keys.map(({ participantId: id, state }) => [id, state])).toEqual([
      [participantId, 'visible'],
      [agentId, 'applied'],
    ]);
    expect(row.emulator.control.attributes(conversationId, agentId)).toEqual({ a: '1' });
  });

  it('never starts on a conversation that has ended, and says where to read what it held', async () => {
    await using row = await startRow(profile);
    const { conversationId, env } = startLive(row);
    row.emulator.control.end(conversationId);
    const { status, err } = await row.rapport(['attributes', 'set', 'a=1'], env);
    expect(status).not.toBe(0);
    expect(err).toMatch(/has ended; nothing is written[^]*→ .*attributes get --ended/);
    await using library = openLibrary(row, env);
    expect(statesOf(await setWith(library, { a: '1' }))).toEqual({ a: 'ended' });
    expect(bodiesOf(row, 'PATCH')).toEqual([]);
  });

  it('streams changes by events, one line each, until the conversation ends', async () => {
    await using row = await startRow(profile);
    const { conversationId, participantId, env } = startLive(row, { attributes: { a: '1' } });
    const { control } = row.emulator;
    const watching = row.rapport(['attributes', 'watch', '--json'], env);
    await vi.waitFor(() => expect(control.world().channels).toMatchObject([{ topics: 5 }]), POLL);
    await vi.waitFor(() => expect(readsOf(row)).toBe(1), POLL);
    control.writeAttributes(conversationId, { a: '2', b: 'new' });
    control.writeAttributes(conversationId, { a: '3' });
    control.end(conversationId);
    const { status, out, err } = await watching;
    const lines = out.trim().split('\n');
    const changes = lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
    expect(changes).toMatchObject([
      { participantId, key: 'a', before: null, now: '1' },
      { participantId, key: 'a', before: '1', now: '2' },
      { participantId, key: 'b', before: null, now: 'new' },
      { participantId, key: 'a', before: '2', now: '3' },
    ]);
    expect([status, err]).toEqual([0, '']);
  });

  it('streams by reading where events cannot be had, and says so', async () => {
    await using row = await startRow(profile);
    const { conversationId, env } = startLive(row);
    row.emulator.control.addFault({
      kind: 'status',
      status: 403,
      operation: 'POST /api/v2/notifications/channels',
      commits: false,
    });
    const watching = row.rapport(['attributes', 'watch', '--every', '20'], env);
    await vi.waitFor(() => expect(readsOf(row)).toBeGreaterThan(0), POLL);
    row.emulator.control.writeAttributes(conversationId, { a: '1' });
    await vi.waitFor(() => expect(readsOf(row)).toBeGreaterThan(2), POLL);
    row.emulator.control.end(conversationId);
    const { status, out, err } = await watching;
    expect([status, err]).toEqual([0, expect.stringContaining('every 0.02 s')]);
    expect(out).toMatch(/ a: \(absent\) → 1\n$/);
  });

  it('reads what an ended conversation held by an analytics job', async () => {
    const analytics = { jobDelayMs: 0, jobRunMs: 0 };
    await using row = await startRow(profile, { emulator: { analytics } });
    const { conversationId, participantId, env } = startLive(row, { attributes: { a: '1' } });
    row.emulator.control.end(conversationId);
    const { status, out, err } = await row.rapport(['attributes', 'get', '--ended', '--json'], env);
    expect([status, err]).toEqual([0, '']);
    expect(JSON.parse(out)).toContainEqual({
      participantId,
      purpose: 'customer',
      attributes: { a: '1' },
    });
    expect(operationsOf(row)).toContain('POST /api/v2/analytics/conversations/details/jobs');
  });

  it('refuses a participant who is not there, and names those who are', async () => {
    await using row = await startRow(profile);
    const { participantId, env } = startLive(row);
    for (const words of [['get'], ['set', 'a=1']]) {
      const args = ['attributes', ...words, '--participant', 'nobody'];
      const { status, err } = await row.rapport(args, env);
      expect(status).toBe(2);
      expect(err).toContain(`${participantId} (customer)`);
    }
  });

  it('says of a key that was accepted and does not show that it does not, and exits 1', async () => {
    await using row = await startRow(profile, { emulator: { attributes: { lagMs: 60_000 } } });
    const { conversationId } = startLive(row);
    const env = await writeConfig(row, { proveMs: 500 });
    const { status, out } = await row.rapport(['attributes', 'set', conversationId, 'a=1'], env);
    expect([status, out]).toEqual([1, expect.stringMatching(/^a .*ignored.*does not hold it/m)]);
  });
});

const readsOf = (row: RowStage): number =>
  operationsOf(row).filter((name) => name === 'GET /api/v2/conversations/{conversationId}').length;

/** @returns the agent's participant */
function answer(row: RowStage, conversationId: string): string {
  const { control } = row.emulator;
  control.move(conversationId, { kind: 'answer', user: 'Ada Agent' });
  const { participants } = control.conversation(conversationId);
  return participants.find(({ purpose }) => purpose === 'agent')?.id ?? '';
}

describe.concurrent('document 001 with its own path', () => {
  it('participant-patch sends the changed keys alone, without reading first', async () => {
    await using row = await startRow('tutorials');
    const { conversationId, env } = startLive(row, { attributes: { 'ivr.language': 'en' } });
    const ours = { ...env, RAPPORT_WRITE_PROFILE: 'participant-patch' };
    expect((await row.rapport(['attributes', 'set', ...PAIRS], ours)).status).toBe(0);
    expect(bodiesOf(row, 'PATCH')).toEqual([{ attributes: PAYLOAD }]);
    expect(operationsOf(row)).not.toContain(`GET ${PARTICIPANT}`);
    expect(row.emulator.control.attributes(conversationId)).toEqual({
      'ivr.language': 'en',
      ...PAYLOAD,
    });
  });

  it('participant-patch through the library sends null to remove, when told to', async () => {
    await using row = await startRow('tutorials');
    const { conversationId, env } = startLive(row, { attributes: { a: '1', b: '2' } });
    const profiled = { ...env, RAPPORT_WRITE_PROFILE: 'participant-patch' };
    await using library = openLibrary(row, profiled, { onRemove: 'null' });
    expect(statesOf(await setWith(library, { b: null }))).toEqual({ b: 'visible' });
    expect(bodiesOf(row, 'PATCH')).toEqual([{ attributes: { b: null } }]);
    expect(row.emulator.control.attributes(conversationId)).toEqual({ a: '1' });
  });

  it('its scope alone is asked for, and a missing one is a 403 with the next step', async () => {
    await using row = await startRow('tutorials');
    const { env } = startLive(row);
    const ours = { ...env, RAPPORT_WRITE_PROFILE: 'participant-patch' };
    const scoped = (scope: string): Env => ({ ...ours, GENESYS_SCOPE: scope });
    const both = 'conversation:read conversation:participant:write';
    expect((await row.rapport(['attributes', 'set', 'a=1'], scoped(both))).status).toBe(0);
    const { status, out } = await row.rapport(
      ['attributes', 'set', 'b=2'],
      scoped('conversation:read'),
    );
    expect(status).toBe(1);
    expect(out).toContain('scope');
    const unread = await row.rapport(['attributes', 'get'], scoped('user:read'));
    expect(unread.err).toMatch(/app\.not\.authorized\.for\.scope[^]*→ .*GENESYS_SCOPE/);
  });
});
