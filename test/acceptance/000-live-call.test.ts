import { describe, expect, it } from 'vitest';
import { DEFAULT_CLIENT_ID } from '../../src/emulator/index.ts';
import { enrichWith, openLibrary, setWith, statesOf } from './library.ts';
import {
  bodiesOf,
  CRM_TOKEN,
  CUSTOMER,
  operationsOf,
  PROFILES,
  startStage,
  writePrivateKey,
  type Env,
  type Stage,
} from './stage.ts';

const CALL = { queue: 'Support', from: CUSTOMER.phone, attributes: { 'ivr.language': 'en' } };
const VOICE = '/api/v2/conversations/voice/{conversationId}/participants/{participantId}';

interface LiveCall {
  readonly conversationId: string;
  readonly participantId: string;
  readonly env: Env;
}

/** A call is live, and the environment names it as document 000 does. */
function startCall(stage: Stage): LiveCall {
  const call = stage.emulator.control.start(CALL);
  const env = {
    ...stage.signIn,
    TEST_CONVERSATION_ID: call.conversationId,
    TEST_PARTICIPANT_ID: call.participantId,
    CRM_API_ENDPOINT: `${stage.crm.url}/v1/customers/{key}`,
    CRM_API_TOKEN: CRM_TOKEN,
  };
  return { ...call, env };
}

const EXPECTED = { 'ivr.language': 'en', ...CUSTOMER.attributes };

/** What signs in with a private key, whose public half the emulator's client has. */
async function privateKeySignIn(stage: Stage): Promise<Record<string, string>> {
  return {
    ...stage.place,
    GENESYS_PRIVATE_KEY_PATH: await writePrivateKey(stage),
    GENESYS_CLIENT_ID: DEFAULT_CLIENT_ID,
  };
}

describe.concurrent.each(PROFILES)('document 000 on the %s emulator', (profile) => {
  it('a live call: reads the conversation, finds the customer, asks the CRM with a bearer token, writes without losing a key', async () => {
    await using stage = await startStage(profile);
    const { conversationId, env } = startCall(stage);
    const { TEST_PARTICIPANT_ID: _, ...unnamed } = env;
    const { status, out, err } = await stage.rapport(['enrich'], unnamed);
    expect(err).toBe('');
    expect(out).toContain('4 visible');
    expect(status).toBe(0);
    expect(stage.crm.received).toMatchObject([
      {
        url: `/v1/customers/${encodeURIComponent(CUSTOMER.phone)}`,
        headers: { authorization: `Bearer ${CRM_TOKEN}` },
      },
    ]);
    expect(stage.emulator.control.attributes(conversationId)).toEqual(EXPECTED);
  });

  it('does the same through the library', async () => {
    await using stage = await startStage(profile);
    const { conversationId, env } = startCall(stage);
    await using library = openLibrary(stage, env);
    const written = await enrichWith(library);
    expect(written.result).toBe('enriched');
    expect(new Set(Object.values(statesOf(written)))).toEqual(new Set(['visible']));
    expect(stage.emulator.control.attributes(conversationId)).toEqual(EXPECTED);
  });

  it('finds the customer by the external id that is given', async () => {
    await using stage = await startStage(profile);
    const { env } = startCall(stage);
    expect((await stage.rapport(['enrich', '--external-id', 'CUST-998877'], env)).status).toBe(0);
    expect(stage.crm.received.map(({ url }) => url)).toEqual(['/v1/customers/CUST-998877']);
  });

  it('maps with defaults: the tier falls back to standard, objects become JSON, absent fields are left out', async () => {
    const { membership_tier: _tier, last_call_date: _date, ...record } = CUSTOMER.record;
    await using stage = await startStage(profile, { record });
    const { conversationId, env } = startCall(stage);
    expect((await stage.rapport(['enrich'], env)).status).toBe(0);
    expect(stage.emulator.control.attributes(conversationId)).toEqual({
      'ivr.language': 'en',
      'crm.customerId': 'CUST-998877',
      'crm.tier': 'standard',
      'crm.preferences': CUSTOMER.attributes['crm.preferences'],
    });
  });

  it('writes nothing for a customer whom the CRM does not know', async () => {
    await using stage = await startStage(profile);
    const { conversationId, env } = startCall(stage);
    const { out } = await stage.rapport(['enrich', '--external-id', 'unknown'], env);
    expect(out).toContain('not-found');
    expect(stage.emulator.control.attributes(conversationId)).toEqual({ 'ivr.language': 'en' });
  });
});

describe.concurrent('document 000 with its own sign-in and path', () => {
  it('its variables alone run its job: private key, client id, conversation, participant', async () => {
    await using stage = await startStage('tutorials');
    const { conversationId, participantId } = stage.emulator.control.start(CALL);
    const env = {
      ...(await privateKeySignIn(stage)),
      TEST_CONVERSATION_ID: conversationId,
      TEST_PARTICIPANT_ID: participantId,
    };
    const pairs = ['crm.customerId=CUST-998877', 'crm.tier=platinum'];
    const { status, out } = await stage.rapport(['attributes', 'set', ...pairs], env);
    expect([status, out]).toEqual([0, expect.stringMatching(/crm\.tier .*visible/)]);
    expect(stage.emulator.control.attributes(conversationId)).toEqual({
      'ivr.language': 'en',
      'crm.customerId': 'CUST-998877',
      'crm.tier': 'platinum',
    });
  });

  it('its variables alone run its job through the library', async () => {
    await using stage = await startStage('tutorials');
    const { conversationId, participantId } = stage.emulator.control.start(CALL);
    await using library = openLibrary(stage, {
      ...(await privateKeySignIn(stage)),
      TEST_CONVERSATION_ID: conversationId,
      TEST_PARTICIPANT_ID: participantId,
    });
    const set = await setWith(library, { 'crm.tier': 'platinum' });
    expect(statesOf(set)).toEqual({ 'crm.tier': 'visible' });
  });

  it('401: a key whose public half the client does not have is told as such, with what to check', async () => {
    await using stage = await startStage('tutorials');
    const { conversationId } = stage.emulator.control.start(CALL);
    const env = {
      ...(await privateKeySignIn(stage)),
      TEST_CONVERSATION_ID: conversationId,
    };
    await writePrivateKey(stage, 'of-another-client.pem');
    const { status, err } = await stage.rapport(['attributes', 'get'], env);
    expect(status).toBe(2);
    expect(err).toMatch(/invalid_grant \(.*signature[^]*→ .*assertion/);
    stage.emulator.control.addClient({ id: DEFAULT_CLIENT_ID, secret: 'unused' });
    expect((await stage.rapport(['attributes', 'get'], env)).err).toMatch(
      /invalid_client[^]*→ .*public half of this private key/,
    );
  });

  it('says that the platform does not offer the private-key grant, and what to use', async () => {
    await using stage = await startStage('platform');
    const { conversationId } = stage.emulator.control.start(CALL);
    const env = {
      ...(await privateKeySignIn(stage)),
      TEST_CONVERSATION_ID: conversationId,
    };
    const { status, err } = await stage.rapport(['attributes', 'get'], env);
    expect(status).not.toBe(0);
    expect(err).toMatch(/→ .*Use client credentials/);
  });

  it('voice-merge reads, merges and writes the whole map', async () => {
    await using stage = await startStage('tutorials');
    const { conversationId, env } = startCall(stage);
    const ours = { ...env, RAPPORT_WRITE_PROFILE: 'voice-merge' };
    expect(await stage.rapport(['enrich'], ours)).toMatchObject({ status: 0, err: '' });
    expect(operationsOf(stage)).toContain(`PATCH ${VOICE}`);
    expect(bodiesOf(stage, 'PATCH')).toEqual([{ attributes: expect.objectContaining(EXPECTED) }]);
    expect(stage.emulator.control.attributes(conversationId)).toEqual(EXPECTED);
  });

  it('voice-merge reads and merges again after a conflict, and keeps the other writer’s key', async () => {
    await using stage = await startStage('tutorials', {
      emulator: { onExchange: ({ operation }) => interfere(operation) },
    });
    const { conversationId, env } = startCall(stage);
    let isDone = false;
    function interfere(operation: string | undefined): void {
      if (isDone || operation !== `GET ${VOICE}`) return;
      isDone = true;
      stage.emulator.control.writeAttributes(conversationId, { 'agent.note': 'mine' });
    }
    const ours = { ...env, RAPPORT_WRITE_PROFILE: 'voice-merge' };
    expect((await stage.rapport(['enrich'], ours)).status).toBe(0);
    const steps = stage.emulator.control.requests().filter(({ path }) => path.includes('/voice/'));
    expect(steps.map(({ method, status }) => `${method} ${status}`)).toEqual([
      'GET 200',
      'PATCH 409',
      'GET 200',
      'PATCH 200',
    ]);
    expect(stage.emulator.control.attributes(conversationId)).toEqual({
      ...EXPECTED,
      'agent.note': 'mine',
    });
  });

  it('voice-merge through the library does the same', async () => {
    await using stage = await startStage('tutorials');
    const { conversationId, env } = startCall(stage);
    await using library = openLibrary(stage, { ...env, RAPPORT_WRITE_PROFILE: 'voice-merge' });
    expect((await enrichWith(library)).keys).toHaveLength(4);
    expect(stage.emulator.control.attributes(conversationId)).toEqual(EXPECTED);
  });

  it('says on the platform that the voice path does not exist, and what to set', async () => {
    await using stage = await startStage('platform');
    const { conversationId, env } = startCall(stage);
    const ours = { ...env, RAPPORT_WRITE_PROFILE: 'voice-merge' };
    const { status, out } = await stage.rapport(['attributes', 'set', conversationId, 'a=1'], ours);
    expect(status).toBe(1);
    expect(out).toContain('Set write.profile to attributes');
  });
});
