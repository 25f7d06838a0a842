import { describe, expect, it } from 'vitest';
import { DEFAULT_CLIENT_ID } from '../../src/emulator/index.ts';
import { enrichWith, openLibrary, setWith, statesOf } from './library.ts';
import {
  bodiesOf,
  CRM_TOKEN,
  CUSTOMER,
  operationsOf,
  PROFILES,
  startRow,
  writePrivateKey,
  type Env,
  type RowStage,
} from './stage.ts';

const CALL = { queue: 'Support', from: CUSTOMER.phone, attributes: { 'ivr.language': 'en' } };
const VOICE = '/api/v2/conversations/voice/{conversationId}/participants/{participantId}';

interface LiveCall {
  readonly conversationId: string;
  readonly participantId: string;
  readonly env: Env;
}

/** A call is live, and the environment names it as document 000 does. */
function startCall(row: RowStage): LiveCall {
  const call = row.emulator.control.start(CALL);
  const env = {
    ...row.signIn,
    TEST_CONVERSATION_ID: call.conversationId,
    TEST_PARTICIPANT_ID: call.participantId,
    CRM_API_ENDPOINT: `${row.crm.url}/v1/customers/{key}`,
    CRM_API_TOKEN: CRM_TOKEN,
  };
  return { ...call, env };
}

const EXPECTED = { 'ivr.language': 'en', ...CUSTOMER.attributes };

/** What signs in with a private key, whose public half the emulator's client has. */
async function privateKeySignIn(row: RowStage): Promise<Record<string, string>> {
  return {
    ...row.place,
    GENESYS_PRIVATE_KEY_PATH: await writePrivateKey(row),
    GENESYS_CLIENT_ID: DEFAULT_CLIENT_ID,
  };
}

describe.concurrent.each(PROFILES)('document 000 on the %s emulator', (profile) => {
  it('a live call: reads the conversation, finds the customer, asks the CRM with a bearer token, writes without losing a key', async () => {
    await using row = await startRow(profile);
    const { conversationId, env } = startCall(row);
    const { TEST_PARTICIPANT_ID: _, ...unnamed } = env;
    const { status, out, err } = await row.rapport(['enrich'], unnamed);
    expect(err).toBe('');
    expect(out).toContain('4 visible');
    expect(status).toBe(0);
    expect(row.crm.received).toMatchObject([
      {
        url: `/v1/customers/${encodeURIComponent(CUSTOMER.phone)}`,
        headers: { authorization: `Bearer ${CRM_TOKEN}` },
      },
    ]);
    expect(row.emulator.control.attributes(conversationId)).toEqual(EXPECTED);
  });

  it('does the same through the library', async () => {
    await using row = await startRow(profile);
    const { conversationId, env } = startCall(row);
    await using library = openLibrary(row, env);
    const written = await enrichWith(library);
    expect(written.result).toBe('enriched');
    expect(new Set(Object.values(statesOf(written)))).toEqual(new Set(['visible']));
    expect(row.emulator.control.attributes(conversationId)).toEqual(EXPECTED);
  });

  it('finds the customer by the external id that is given', async () => {
    await using row = await startRow(profile);
    const { env } = startCall(row);
    expect((await row.rapport(['enrich', '--external-id', 'CUST-998877'], env)).status).toBe(0);
    expect(row.crm.received.map(({ url }) => url)).toEqual(['/v1/customers/CUST-998877']);
  });

  it('maps with defaults: the tier falls back to standard, objects become JSON, absent fields are left out', async () => {
    const { membership_tier: _tier, last_call_date: _date, ...record } = CUSTOMER.record;
    await using row = await startRow(profile, { record });
    const { conversationId, env } = startCall(row);
    expect((await row.rapport(['enrich'], env)).status).toBe(0);
    expect(row.emulator.control.attributes(conversationId)).toEqual({
      'ivr.language': 'en',
      'crm.customerId': 'CUST-998877',
      'crm.tier': 'standard',
      'crm.preferences': CUSTOMER.attributes['crm.preferences'],
    });
  });

  it('writes nothing for a customer whom the CRM does not know', async () => {
    await using row = await startRow(profile);
    const { conversationId, env } = startCall(row);
    const { out } = await row.rapport(['enrich', '--external-id', 'unknown'], env);
    expect(out).toContain('not-found');
    expect(row.emulator.control.attributes(conversationId)).toEqual({ 'ivr.language': 'en' });
  });
});

describe.concurrent('document 000 with its own sign-in and path', () => {
  it('its variables alone run its job: private key, client id, conversation, participant', async () => {
    await using row = await startRow('tutorials');
    const { conversationId, participantId } = row.emulator.control.start(CALL);
    const env = {
      ...(await privateKeySignIn(row)),
      TEST_CONVERSATION_ID: conversationId,
      TEST_PARTICIPANT_ID: participantId,
    };
    const pairs = ['crm.customerId=CUST-998877', 'crm.tier=platinum'];
    const { status, out } = await row.rapport(['attributes', 'set', ...pairs], env);
    expect([status, out]).toEqual([0, expect.stringMatching(/crm\.tier .*visible/)]);
    expect(row.emulator.control.attributes(conversationId)).toEqual({
      'ivr.language': 'en',
      'crm.customerId': 'CUST-998877',
      'crm.tier': 'platinum',
    });
  });

  it('its variables alone run its job through the library', async () => {
    await using row = await startRow('tutorials');
    const { conversationId, participantId } = row.emulator.control.start(CALL);
    await using library = openLibrary(row, {
      ...(await privateKeySignIn(row)),
      TEST_CONVERSATION_ID: conversationId,
      TEST_PARTICIPANT_ID: participantId,
    });
    const set = await setWith(library, { 'crm.tier': 'platinum' });
    expect(statesOf(set)).toEqual({ 'crm.tier': 'visible' });
  });

  it('401: a key whose public half the client does not have is told as such, with what to check', async () => {
    await using row = await startRow('tutorials');
    const { conversationId } = row.emulator.control.start(CALL);
    const env = {
      ...(await privateKeySignIn(row)),
      TEST_CONVERSATION_ID: conversationId,
    };
    await writePrivateKey(row, 'of-another-client.pem');
    const { status, err } = await row.rapport(['attributes', 'get'], env);
    expect(status).toBe(2);
    expect(err).toMatch(/invalid_grant \(.*signature[^]*→ .*assertion/);
    row.emulator.control.addClient({ id: DEFAULT_CLIENT_ID, secret: 'unused' });
    expect((await row.rapport(['attributes', 'get'], env)).err).toMatch(
      /invalid_client[^]*→ .*public half of this private key/,
    );
  });

  it('says that the platform does not offer the private-key grant, and what to use', async () => {
    await using row = await startRow('platform');
    const { conversationId } = row.emulator.control.start(CALL);
    const env = {
      ...(await privateKeySignIn(row)),
      TEST_CONVERSATION_ID: conversationId,
    };
    const { status, err } = await row.rapport(['attributes', 'get'], env);
    expect(status).not.toBe(0);
    expect(err).toMatch(/→ .*Use client credentials/);
  });

  it('voice-merge reads, merges and writes the whole map', async () => {
    await using row = await startRow('tutorials');
    const { conversationId, env } = startCall(row);
    const ours = { ...env, RAPPORT_WRITE_PROFILE: 'voice-merge' };
    expect(await row.rapport(['enrich'], ours)).toMatchObject({ status: 0, err: '' });
    expect(operationsOf(row)).toContain(`PATCH ${VOICE}`);
    expect(bodiesOf(row, 'PATCH')).toEqual([{ attributes: expect.objectContaining(EXPECTED) }]);
    expect(row.emulator.control.attributes(conversationId)).toEqual(EXPECTED);
  });

  it('voice-merge reads and merges again after a conflict, and keeps the other writer’s key', async () => {
    await using row = await startRow('tutorials', {
      emulator: { onExchange: ({ operation }) => interfere(operation) },
    });
    const { conversationId, env } = startCall(row);
    let isDone = false;
    function interfere(operation: string | undefined): void {
      if (isDone || operation !== `GET ${VOICE}`) return;
      isDone = true;
      row.emulator.control.writeAttributes(conversationId, { 'agent.note': 'mine' });
    }
    const ours = { ...env, RAPPORT_WRITE_PROFILE: 'voice-merge' };
    expect((await row.rapport(['enrich'], ours)).status).toBe(0);
    const steps = row.emulator.control.requests().filter(({ path }) => path.includes('/voice/'));
    expect(steps.map(({ method, status }) => `${method} ${status}`)).toEqual([
      'GET 200',
      'PATCH 409',
      'GET 200',
      'PATCH 200',
    ]);
    expect(row.emulator.control.attributes(conversationId)).toEqual({
      ...EXPECTED,
      'agent.note': 'mine',
    });
  });

  it('voice-merge through the library does the same', async () => {
    await using row = await startRow('tutorials');
    const { conversationId, env } = startCall(row);
    await using library = openLibrary(row, { ...env, RAPPORT_WRITE_PROFILE: 'voice-merge' });
    expect((await enrichWith(library)).keys).toHaveLength(4);
    expect(row.emulator.control.attributes(conversationId)).toEqual(EXPECTED);
  });

  it('says on the platform that the voice path does not exist, and what to set', async () => {
    await using row = await startRow('platform');
    const { conversationId, env } = startCall(row);
    const ours = { ...env, RAPPORT_WRITE_PROFILE: 'voice-merge' };
    const { status, out } = await row.rapport(['attributes', 'set', conversationId, 'a=1'], ours);
    expect(status).toBe(1);
    expect(out).toContain('Set write.profile to attributes');
  });
});
