import { describe, expect, it } from 'vitest';
import { DEFAULT_USER_PASSWORD } from '../../src/emulator/index.ts';
import { openLibrary, setWith, statesOf } from './library.ts';
import { bodiesOf, PROFILES, startStage, type Env, type Stage } from './stage.ts';

const INITIAL = {
  source: 'web_widget',
  browser_language: 'en-US',
  custom_order_id: 'ORD-12345',
} as const;
const DYNAMIC = {
  form_submitted: 'true',
  priority_level: 'high',
  ticket_number: 'TKT-99999',
} as const;
/** A conversation that is not there. */
const NOBODYS = '00000000-0000-4000-8000-000000000000';
const DYNAMIC_PAIRS = Object.entries(DYNAMIC).map(([key, value]) => `${key}=${value}`);
const INITIAL_PAIRS = Object.entries(INITIAL).map(([key, value]) => `${key}=${value}`);

async function createMessage(stage: Stage, env: Env): Promise<string> {
  const integration = stage.emulator.control
    .world()
    .integrations.find(({ kind }) => kind === 'open');
  const options = [
    '--medium',
    'message',
    '--from',
    'tester',
    '--integration',
    integration?.id ?? '',
  ];
  const { status, out, err } = await stage.rapport(
    ['conversations', 'create', ...options, '--attribute', ...INITIAL_PAIRS],
    env,
  );
  expect([status, err]).toEqual([0, '']);
  return out.trim();
}

describe.concurrent.each(PROFILES)('document 003 on the %s emulator', (profile) => {
  it('creates a message conversation with attributes, updates it, verifies that Architect sees them, and ends it', async () => {
    await using stage = await startStage(profile);
    const id = await createMessage(stage, stage.signIn);
    const env = { ...stage.signIn, GENESYS_CONVERSATION_ID: id };
    expect((await stage.rapport(['attributes', 'set', ...DYNAMIC_PAIRS], env)).status).toBe(0);
    const verified = await stage.rapport(['verify', id, '--json'], env);
    expect([verified.status, verified.err]).toEqual([0, '']);
    const { keys } = JSON.parse(verified.out) as { keys: Record<string, unknown>[] };
    const found = Object.fromEntries(
      keys.map(({ key, value, finding }) => [key, [value, finding]]),
    );
    const expected = { ...INITIAL, ...DYNAMIC };
    expect(found).toMatchObject(
      Object.fromEntries(Object.entries(expected).map(([key, value]) => [key, [value, 'visible']])),
    );
    expect((await stage.rapport(['conversations', 'end'], env)).status).toBe(0);
    expect(stage.emulator.control.conversation(id)).toMatchObject({ endTime: expect.any(String) });
  });

  it.each(['callback', 'email'])(
    'creates and ends a test conversation of medium %s',
    async (medium) => {
      await using stage = await startStage(profile);
      const from = medium === 'email' ? 'tester@example.com' : '+12125550101';
      const options = ['--medium', medium, '--queue', 'Support', '--from', from];
      const created = await stage.rapport(['conversations', 'create', ...options], stage.signIn);
      expect([created.status, created.err]).toEqual([0, '']);
      const id = created.out.trim();
      expect((await stage.rapport(['conversations', 'end', id], stage.signIn)).status).toBe(0);
      expect(stage.emulator.control.conversation(id)).toMatchObject({
        endTime: expect.any(String),
      });
    },
  );

  it('sets a participant’s wrap-up and state, and asks for what is missing', async () => {
    await using stage = await startStage(profile);
    const { control } = stage.emulator;
    const { conversationId, participantId } = control.start({ media: 'messages' });
    const update = ['participants', 'update', conversationId];
    const nothing = await stage.rapport([...update, '--participant', participantId], stage.signIn);
    expect([nothing.status, nothing.err]).toEqual([2, expect.stringContaining('--wrapup')]);
    const nobody = await stage.rapport([...update, '--state', 'disconnected'], stage.signIn);
    expect([nobody.status, nobody.err]).toEqual([2, expect.stringContaining(participantId)]);
    const env = { ...stage.signIn, GENESYS_PARTICIPANT_ID: participantId };
    const wrapup = ['--wrapup', 'solved', '--notes', 'by hand', '--state', 'disconnected'];
    const { status, err } = await stage.rapport([...update, ...wrapup], env);
    expect([status, err]).toEqual([0, '']);
    const found = control.conversation(conversationId).participants[0];
    expect(found).toMatchObject({
      endTime: expect.any(String),
      messages: [{ state: 'disconnected', wrapup: { code: 'solved', notes: 'by hand' } }],
    });
  });

  it('says of a call that only a user may change its participants', async () => {
    await using stage = await startStage(profile);
    const { conversationId, participantId } = stage.emulator.control.start({});
    const update = ['participants', 'update', conversationId, '--participant', participantId];
    const { status, err } = await stage.rapport(
      [...update, '--state', 'disconnected'],
      stage.signIn,
    );
    expect([status, err]).toEqual([
      2,
      expect.stringMatching(/only users[^]*→ .*authorization-code/),
    ]);
  });

  it('reads attributes that came in with a web message, and updates them through the library', async () => {
    await using stage = await startStage(profile);
    const { conversationId } = stage.emulator.control.start({
      media: 'messages',
      queue: 'Support',
      attributes: INITIAL,
    });
    const env = { ...stage.signIn, GENESYS_CONVERSATION_ID: conversationId };
    const { out } = await stage.rapport(['attributes', 'get', '--json'], env);
    expect(JSON.parse(out)).toContainEqual(
      expect.objectContaining({ purpose: 'customer', attributes: INITIAL }),
    );
    await using library = openLibrary(stage, env);
    expect(new Set(Object.values(statesOf(await setWith(library, DYNAMIC))))).toEqual(
      new Set(['visible']),
    );
    expect(stage.emulator.control.attributes(conversationId)).toEqual({ ...INITIAL, ...DYNAMIC });
  });

  it('tells what Get Participant Data gives and the conversion to use there', async () => {
    await using stage = await startStage(profile);
    const attributes = { 'orders.open': '3', vip: 'true', note: 'hello' };
    const { conversationId } = stage.emulator.control.start({ media: 'messages', attributes });
    const { status, out } = await stage.rapport(['verify', conversationId], stage.signIn);
    expect(status).toBe(0);
    expect(out).toMatch(/orders\.open .*ToInt\(/);
    expect(out).toMatch(/vip .*ToBool\(/);
  });

  it('says that a key stands on the wrong participant, or nowhere, and exits 1', async () => {
    await using stage = await startStage(profile);
    const { control } = stage.emulator;
    const { conversationId } = control.start({ media: 'messages', queue: 'Support' });
    control.move(conversationId, { kind: 'answer', user: 'Ada Agent' });
    const { participants } = control.conversation(conversationId);
    const agent = participants.find(({ purpose }) => purpose === 'agent')?.id ?? '';
    control.writeAttributes(conversationId, { tier: 'gold' }, agent);
    const { status, out } = await stage.rapport(
      ['verify', conversationId, 'tier', 'nowhere'],
      stage.signIn,
    );
    expect(status).toBe(1);
    expect(out).toMatch(/tier .*wrong-participant/);
    expect(out).toMatch(/nowhere .*missing/);
  });
});

/** The variables of document 003: client, secret, and a user's password. */
const passwordOf = (stage: Stage): Env => ({
  ...stage.signIn,
  GENESYS_USERNAME: 'ada.agent@example.com',
  GENESYS_PASSWORD: DEFAULT_USER_PASSWORD,
});

describe.concurrent('document 003 with its own sign-in and paths', () => {
  it('its variables alone sign in with a user’s password and run its job', async () => {
    await using stage = await startStage('tutorials');
    const { conversationId: id } = stage.emulator.control.start({
      media: 'messages',
      queue: 'Support',
      attributes: INITIAL,
    });
    const env = { ...passwordOf(stage), GENESYS_CONVERSATION_ID: id };
    expect((await stage.rapport(['attributes', 'set', ...DYNAMIC_PAIRS], env)).status).toBe(0);
    expect((await stage.rapport(['verify', id], env)).status).toBe(0);
    expect((await stage.rapport(['conversations', 'end', id], env)).status).toBe(0);
    const [token] = stage.emulator.control
      .requests()
      .filter(({ path }) => path.endsWith('/oauth/token'));
    expect(token?.status).toBe(200);
    expect(stage.emulator.control.attributes(id)).toEqual({ ...INITIAL, ...DYNAMIC });
  });

  it('its variables alone run its job through the library', async () => {
    await using stage = await startStage('tutorials');
    const { conversationId: id } = stage.emulator.control.start({
      media: 'messages',
      attributes: INITIAL,
    });
    await using library = openLibrary(stage, { ...passwordOf(stage), GENESYS_CONVERSATION_ID: id });
    expect(new Set(Object.values(statesOf(await setWith(library, DYNAMIC))))).toEqual(
      new Set(['visible']),
    );
    expect(stage.emulator.control.attributes(id)).toEqual({ ...INITIAL, ...DYNAMIC });
  });

  it('401: a wrong password is told as such, with what to check, and is never printed', async () => {
    await using stage = await startStage('tutorials');
    const env = { ...passwordOf(stage), GENESYS_PASSWORD: 'guessed-password' };
    const { status, err } = await stage.rapport(['verify', NOBODYS], env);
    expect(status).toBe(2);
    expect(err).toMatch(/invalid_grant[^]*→ .*password is wrong/);
    expect(err).not.toContain('guessed-password');
  });

  it('says that a user’s token creates no message conversation, and whose does', async () => {
    await using stage = await startStage('tutorials');
    const integration = stage.emulator.control.world().integrations[0]?.id ?? '';
    const options = ['--medium', 'message', '--from', 'tester', '--integration', integration];
    const create = ['conversations', 'create', ...options];
    const { status, err } = await stage.rapport(create, passwordOf(stage));
    expect(status).toBe(2);
    expect(err).toMatch(/not\.a\.client[^]*→ .*not\.a\.client a service’s/);
  });

  it('says that the platform does not offer the password grant, and what to use', async () => {
    await using stage = await startStage('platform');
    const { conversationId } = stage.emulator.control.start({ media: 'messages' });
    const { status, err } = await stage.rapport(
      ['attributes', 'get', conversationId],
      passwordOf(stage),
    );
    expect(status).toBe(2);
    expect(err).toMatch(/→ .*[Uu]se client credentials/);
  });

  it('participant-merge reads, merges and writes with the state', async () => {
    await using stage = await startStage('tutorials');
    const id = await createMessage(stage, stage.signIn);
    const env = {
      ...stage.signIn,
      GENESYS_CONVERSATION_ID: id,
      RAPPORT_WRITE_PROFILE: 'participant-merge',
    };
    expect((await stage.rapport(['attributes', 'set', ...DYNAMIC_PAIRS], env)).status).toBe(0);
    expect(bodiesOf(stage, 'PATCH')).toEqual([
      {
        attributes: expect.objectContaining({ ...INITIAL, ...DYNAMIC }),
        state: 'connected',
      },
    ]);
    expect(stage.emulator.control.attributes(id)).toEqual({ ...INITIAL, ...DYNAMIC });
  });

  it('participant-merge through the library does the same', async () => {
    await using stage = await startStage('tutorials');
    const id = await createMessage(stage, stage.signIn);
    const env = {
      ...stage.signIn,
      GENESYS_CONVERSATION_ID: id,
      RAPPORT_WRITE_PROFILE: 'participant-merge',
    };
    await using library = openLibrary(stage, env);
    expect(new Set(Object.values(statesOf(await setWith(library, DYNAMIC))))).toEqual(
      new Set(['visible']),
    );
    expect(stage.emulator.control.attributes(id)).toEqual({ ...INITIAL, ...DYNAMIC });
  });

  it('says of attributes on the conversation alone that Architect does not see them', async () => {
    await using stage = await startStage('tutorials');
    const id = await createAsDocumented(stage);
    const { status, out } = await stage.rapport(['verify', id, 'tier', 'source'], stage.signIn);
    expect(status).toBe(1);
    expect(out).toMatch(/tier .*visible/);
    expect(out).toMatch(/source .*outside/);
  });
});

/** `POST /conversations` as the document's script sends it, with one key on `from` alone. */
async function createAsDocumented(stage: Stage): Promise<string> {
  await using library = openLibrary(stage, stage.signIn);
  const [queue] = stage.emulator.control.world().queues;
  const answer = await library.rapport.client.send(
    {
      operation: 'createConversation',
      method: 'POST',
      path: '/api/v2/conversations',
      body: {
        type: 'message',
        to: [{ id: queue?.id, type: 'queue' }],
        from: { id: 'u1', type: 'user', attributes: { source: 'web' } },
        participants: [{ role: 'customer', attributes: { tier: 'platinum' } }],
      },
    },
    { signal: new AbortController().signal, lane: 'manual' },
  );
  const { id } = answer.body as { id: string };
  return id;
}
