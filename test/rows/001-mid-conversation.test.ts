import { describe, expect, it } from 'vitest';
import type { InboundStart } from '../../src/emulator/index.ts';
import { openLibrary, setWith, statesOf } from './library.ts';
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

  it('says of a key that was accepted and does not show that it does not, and exits 1', async () => {
    await using row = await startRow(profile, { emulator: { attributes: { lagMs: 60_000 } } });
    const { conversationId } = startLive(row);
    const env = await writeConfig(row, { proveMs: 500 });
    const { status, out } = await row.rapport(['attributes', 'set', conversationId, 'a=1'], env);
    expect([status, out]).toEqual([1, expect.stringMatching(/^a .*ignored.*does not hold it/m)]);
  });
});

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
  });
});
