import { describe, expect, it, vi } from 'vitest';
import type { InboundStart } from '../../src/emulator/index.ts';
import { openLibrary, setWith, statesOf } from './library.ts';
import { POLL } from './serve.ts';
import {
  bodiesOf,
  operationsOf,
  PROFILES,
  startStage,
  writeConfig,
  type Env,
  type Stage,
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

function startLive(stage: Stage, start: InboundStart = {}): Live {
  const live = stage.emulator.control.start({ queue: 'Support', ...start });
  const env = {
    ...stage.signIn,
    GENESYS_ENVIRONMENT: 'mypurecloud.com',
    GENESYS_CONVERSATION_ID: live.conversationId,
    GENESYS_PARTICIPANT_ID: live.participantId,
  };
  return { ...live, env };
}

describe.concurrent.each(PROFILES)('document 001 on the %s emulator', (profile) => {
  it('its variables alone set its keys, and each is checked against what was sent', async () => {
    await using stage = await startStage(profile);
    const { conversationId, env } = startLive(stage, { attributes: { 'ivr.language': 'en' } });
    const { status, out } = await stage.rapport(['attributes', 'set', ...PAIRS, '--json'], env);
    expect(status).toBe(0);
    const { keys } = JSON.parse(out) as { keys: { key: string; state: string }[] };
    expect(keys.map(({ key, state }) => [key, state])).toEqual(
      Object.keys(PAYLOAD).map((key) => [key, 'visible']),
    );
    expect(bodiesOf(stage, 'PATCH')).toEqual([{ attributes: PAYLOAD }]);
    expect(stage.emulator.control.attributes(conversationId)).toEqual({
      'ivr.language': 'en',
      ...PAYLOAD,
    });
  });

  it.each(MEDIA)('sets keys on the customer of %s', async (media) => {
    await using stage = await startStage(profile);
    const { conversationId, env } = startLive(stage, { media });
    expect((await stage.rapport(['attributes', 'set', 'a=1'], env)).status).toBe(0);
    expect(stage.emulator.control.attributes(conversationId)).toEqual({ a: '1' });
  });

  it('overwrites one key and removes another, and leaves the rest', async () => {
    await using stage = await startStage(profile);
    const { conversationId, env } = startLive(stage, { attributes: { a: '1', b: '2', c: '3' } });
    const args = ['attributes', 'set', 'a=changed', '--remove', 'b'];
    expect((await stage.rapport(args, env)).status).toBe(0);
    expect(stage.emulator.control.attributes(conversationId)).toEqual({
      a: 'changed',
      b: '',
      c: '3',
    });
  });

  it('overwrites and removes through the library', async () => {
    await using stage = await startStage(profile);
    const { conversationId, env } = startLive(stage, { attributes: { a: '1', b: '2', c: '3' } });
    await using library = openLibrary(stage, env);
    const written = await setWith(library, { a: 'changed', b: null });
    expect(statesOf(written)).toEqual({ a: 'visible', b: 'visible' });
    expect(stage.emulator.control.attributes(conversationId)).toEqual({
      a: 'changed',
      b: '',
      c: '3',
    });
  });

  it('sets keys on several participants at once', async () => {
    await using stage = await startStage(profile);
    const { conversationId, participantId, env } = startLive(stage);
    const agentId = answer(stage, conversationId);
    const named = ['--participant', participantId, agentId];
    const { status } = await stage.rapport(['attributes', 'set', 'a=1', ...named], env);
    expect(status).toBe(0);
    const { control } = stage.emulator;
    expect(control.attributes(conversationId)).toEqual({ a: '1' });
    expect(control.attributes(conversationId, agentId)).toEqual({ a: '1' });
  });

  it('sets keys on several participants through the library', async () => {
    await using stage = await startStage(profile);
    const { conversationId, participantId, env } = startLive(stage);
    const agentId = answer(stage, conversationId);
    await using library = openLibrary(stage, env);
    const written = await setWith(library, { a: '1' }, [participantId, agentId]);
    expect(written.keys.map(({ participantId: id, state }) => [id, state])).toEqual([
      [participantId, 'visible'],
      [agentId, 'applied'],
    ]);
    expect(stage.emulator.control.attributes(conversationId, agentId)).toEqual({ a: '1' });
  });

  it('never starts on a conversation that has ended, and says where to read what it held', async () => {
    await using stage = await startStage(profile);
    const { conversationId, env } = startLive(stage);
    stage.emulator.control.end(conversationId);
    const { status, err } = await stage.rapport(['attributes', 'set', 'a=1'], env);
    expect(status).not.toBe(0);
    expect(err).toMatch(/has ended; nothing is written[^]*→ .*attributes get --ended/);
    await using library = openLibrary(stage, env);
    expect(statesOf(await setWith(library, { a: '1' }))).toEqual({ a: 'ended' });
    expect(bodiesOf(stage, 'PATCH')).toEqual([]);
  });

  it('streams changes by events, one line each, until the conversation ends', async () => {
    await using stage = await startStage(profile);
    const { conversationId, participantId, env } = startLive(stage, { attributes: { a: '1' } });
    const { control } = stage.emulator;
    const watching = stage.rapport(['attributes', 'watch', '--json'], env);
    await vi.waitFor(() => expect(control.world().channels).toMatchObject([{ topics: 5 }]), POLL);
    await vi.waitFor(() => expect(readsOf(stage)).toBe(1), POLL);
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
    await using stage = await startStage(profile);
    const { conversationId, env } = startLive(stage);
    stage.emulator.control.addFault({
      kind: 'status',
      status: 403,
      operation: 'POST /api/v2/notifications/channels',
      commits: false,
    });
    const watching = stage.rapport(['attributes', 'watch', '--every', '20'], env);
    await vi.waitFor(() => expect(readsOf(stage)).toBeGreaterThan(0), POLL);
    stage.emulator.control.writeAttributes(conversationId, { a: '1' });
    await vi.waitFor(() => expect(readsOf(stage)).toBeGreaterThan(2), POLL);
    stage.emulator.control.end(conversationId);
    const { status, out, err } = await watching;
    expect([status, err]).toEqual([0, expect.stringContaining('every 0.02 s')]);
    expect(out).toMatch(/ a: \(absent\) → 1\n$/);
  });

  it('reads what an ended conversation held by an analytics job', async () => {
    const analytics = { jobDelayMs: 0, jobRunMs: 0 };
    await using stage = await startStage(profile, { emulator: { analytics } });
    const { conversationId, participantId, env } = startLive(stage, { attributes: { a: '1' } });
    stage.emulator.control.end(conversationId);
    const { status, out, err } = await stage.rapport(
      ['attributes', 'get', '--ended', '--json'],
      env,
    );
    expect([status, err]).toEqual([0, '']);
    expect(JSON.parse(out)).toContainEqual({
      participantId,
      purpose: 'customer',
      attributes: { a: '1' },
    });
    expect(operationsOf(stage)).toContain('POST /api/v2/analytics/conversations/details/jobs');
  });

  it('refuses a participant who is not there, and names those who are', async () => {
    await using stage = await startStage(profile);
    const { participantId, env } = startLive(stage);
    for (const words of [['get'], ['set', 'a=1']]) {
      const args = ['attributes', ...words, '--participant', 'nobody'];
      const { status, err } = await stage.rapport(args, env);
      expect(status).toBe(2);
      expect(err).toContain(`${participantId} (customer)`);
    }
  });

  it('says of a key that was accepted and does not show that it does not, and exits 1', async () => {
    await using stage = await startStage(profile, { emulator: { attributes: { lagMs: 60_000 } } });
    const { conversationId } = startLive(stage);
    const env = await writeConfig(stage, { proveMs: 500 });
    const { status, out } = await stage.rapport(['attributes', 'set', conversationId, 'a=1'], env);
    expect([status, out]).toEqual([1, expect.stringMatching(/^a .*ignored.*does not hold it/m)]);
  });
});

const readsOf = (stage: Stage): number =>
  operationsOf(stage).filter((name) => name === 'GET /api/v2/conversations/{conversationId}')
    .length;

/** @returns the agent's participant */
function answer(stage: Stage, conversationId: string): string {
  const { control } = stage.emulator;
  control.move(conversationId, { kind: 'answer', user: 'Ada Agent' });
  const { participants } = control.conversation(conversationId);
  return participants.find(({ purpose }) => purpose === 'agent')?.id ?? '';
}

describe.concurrent('document 001 with its own path', () => {
  it('participant-patch sends the changed keys alone, without reading first', async () => {
    await using stage = await startStage('tutorials');
    const { conversationId, env } = startLive(stage, { attributes: { 'ivr.language': 'en' } });
    const ours = { ...env, RAPPORT_WRITE_PROFILE: 'participant-patch' };
    expect((await stage.rapport(['attributes', 'set', ...PAIRS], ours)).status).toBe(0);
    expect(bodiesOf(stage, 'PATCH')).toEqual([{ attributes: PAYLOAD }]);
    expect(operationsOf(stage)).not.toContain(`GET ${PARTICIPANT}`);
    expect(stage.emulator.control.attributes(conversationId)).toEqual({
      'ivr.language': 'en',
      ...PAYLOAD,
    });
  });

  it('participant-patch through the library sends null to remove, when told to', async () => {
    await using stage = await startStage('tutorials');
    const { conversationId, env } = startLive(stage, { attributes: { a: '1', b: '2' } });
    const profiled = { ...env, RAPPORT_WRITE_PROFILE: 'participant-patch' };
    await using library = openLibrary(stage, profiled, { onRemove: 'null' });
    expect(statesOf(await setWith(library, { b: null }))).toEqual({ b: 'visible' });
    expect(bodiesOf(stage, 'PATCH')).toEqual([{ attributes: { b: null } }]);
    expect(stage.emulator.control.attributes(conversationId)).toEqual({ a: '1' });
  });

  it('its scope alone is asked for, and a missing one is a 403 with the next step', async () => {
    await using stage = await startStage('tutorials');
    const { env } = startLive(stage);
    const ours = { ...env, RAPPORT_WRITE_PROFILE: 'participant-patch' };
    const scoped = (scope: string): Env => ({ ...ours, GENESYS_SCOPE: scope });
    const both = 'conversation:read conversation:participant:write';
    expect((await stage.rapport(['attributes', 'set', 'a=1'], scoped(both))).status).toBe(0);
    const { status, out } = await stage.rapport(
      ['attributes', 'set', 'b=2'],
      scoped('conversation:read'),
    );
    expect(status).toBe(1);
    expect(out).toContain('scope');
    const unread = await stage.rapport(['attributes', 'get'], scoped('user:read'));
    expect(unread.err).toMatch(/app\.not\.authorized\.for\.scope[^]*→ .*GENESYS_SCOPE/);
  });
});
