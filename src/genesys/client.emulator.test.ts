import { describe, expect, it } from 'vitest';
import { startTestEmulator, type TestEmulator } from '../../test/fixtures/emulator-clients.ts';
import { parseConversationId, parseParticipantId } from '../domain/ids.ts';
import { queueConversationsTopic } from '../domain/topic.ts';
import type { EmulatorOptions } from '../emulator/options.ts';
import { createGenesysClient, type GenesysClient } from './client.ts';
import { isInDoubt } from './errors.ts';
import { genesysOptionsSchema, type GenesysOptions } from './options.ts';
import { RequestMeter } from './request-meter.ts';
import { createAuthorization } from './sign-in/authorization-code.ts';

interface Stage extends AsyncDisposable {
  readonly emulator: TestEmulator;
  readonly client: GenesysClient;
  /** A call that waits in Support, and its customer. */
  readonly target: ReturnType<typeof startCall>;
}

/** The emulator and a client of it, on one manual clock. */
async function openStage(
  options: EmulatorOptions = {},
  parts: Partial<GenesysOptions> = {},
): Promise<Stage> {
  const emulator = await startTestEmulator(options);
  const config = genesysOptionsSchema.parse({
    apiUrl: emulator.apiUrl,
    auth: {
      type: 'client-credentials',
      clientId: 'rapport-demo',
      clientSecret: 'rapport-demo-secret',
    },
    ...parts,
  });
  const client = createGenesysClient({ config, clock: emulator.manual, random: () => 0.5 });
  return {
    emulator,
    client,
    target: startCall(emulator),
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      await emulator[Symbol.asyncDispose]();
    },
  };
}

function startCall(emulator: TestEmulator): {
  readonly conversationId: ReturnType<typeof parseConversationId>;
  readonly participantId: ReturnType<typeof parseParticipantId>;
} {
  const { conversationId, participantId } = emulator.control.start({ queue: 'Support' });
  return {
    conversationId: parseConversationId(conversationId),
    participantId: parseParticipantId(participantId),
  };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Lets requests end by themselves, and time pass only while all that is left waits for the budget. */
async function playOut<T>({ emulator, client }: Stage, work: Promise<T>): Promise<T> {
  const progress = { isDone: false };
  const settled = work.finally(() => (progress.isDone = true));
  settled.catch(() => undefined);
  while (!progress.isDone) {
    await turn();
    const { state, inFlight, endsInMs } = client.budget.snapshot();
    const isWaiting = (state === 'spent' || state === 'frozen') && inFlight === 0;
    if (isWaiting && endsInMs !== undefined) await emulator.manual.advance(endsInMs);
  }
  return settled;
}

const statuses = ({ emulator }: Stage): number[] =>
  emulator.control
    .requests()
    .filter(({ path }) => path.startsWith('/api/'))
    .map(({ status }) => status);

const changes = new Map([['crm.tier', 'gold']]);

describe('createGenesysClient against the emulator', () => {
  it('reads a conversation, writes to it, and sees the write when it was applied', async () => {
    await using stage = await openStage({ attributes: { lagMs: 400 } });
    const { client, emulator, target } = stage;
    const meter = new RequestMeter();
    const before = await client.conversations.get(target.conversationId, { meter });
    expect(before.participants.map(({ purpose }) => purpose)).toContain('customer');
    await client.attributes.patch(target, changes, { meter });
    expect(emulator.control.attributes(target.conversationId)).toEqual({});
    await emulator.manual.advance(400);
    const after = await client.conversations.get(target.conversationId, { meter });
    const customer = after.participants.find(({ id }) => id === target.participantId);
    expect([...(customer?.attributes ?? [])]).toEqual([['crm.tier', 'gold']]);
    expect(meter.requests).toBe(3);
  });

  it.each(['voice', undefined] as const)('writes on the path of medium %s', async (media) => {
    await using stage = await openStage();
    const { client, emulator, target } = stage;
    await client.attributes.patch({ ...target, media }, changes);
    await emulator.manual.advance(1);
    expect(emulator.control.attributes(target.conversationId)).toEqual({ 'crm.tier': 'gold' });
  });

  it('knows a flow’s inputs, queues by name, users by id, and itself', async () => {
    await using stage = await openStage();
    const { client, emulator } = stage;
    const [listed] = await client.flows.list({ name: 'Inbound support' });
    const flow = await client.flows.get(listed?.id ?? '');
    expect(flow).toMatchObject({
      name: 'Inbound support',
      inputSchema: { required: ['crm.customerId'] },
    });
    const queue = await client.routing.findQueue('support');
    expect(await client.routing.getQueue(queue.id)).toEqual(queue);
    const [user] = emulator.control.world().users;
    expect(await client.users.get(user?.id ?? '')).toMatchObject({ name: 'Ada Agent' });
    expect((await client.tokens.me()).grantType).toBe('CLIENT-CREDENTIALS');
  });

  it('says what is near a queue that is not there', async () => {
    await using stage = await openStage();
    await expect(stage.client.routing.findQueue('Suport')).rejects.toMatchObject({
      code: 'ERR_GENESYS_NO_SUCH_QUEUE',
    });
  });

  it('opens a channel and keeps its topics', async () => {
    await using stage = await openStage();
    const { notifications, routing } = stage.client;
    const topic = queueConversationsTopic((await routing.findQueue('Support')).id);
    const channel = await notifications.createChannel();
    expect(channel.connectUri).toMatch(/^ws:/);
    expect(await notifications.hasChannel(channel.id)).toBe(true);
    expect(await notifications.hasChannel('nobody')).toBe(false);
    const states = await notifications.addSubscriptions(channel.id, [topic, 'v2.nonsense']);
    expect(states.map(({ state }) => state).toSorted()).toEqual(['Permitted', 'Rejected']);
    const listed = await notifications.listSubscriptions(channel.id);
    expect(listed.map((entry) => entry.topic)).toEqual([topic]);
    await notifications.replaceSubscriptions(channel.id, []);
    expect(await notifications.listSubscriptions(channel.id)).toEqual([]);
    await notifications.deleteSubscriptions(channel.id);
  });

  it('ends a conversation', async () => {
    await using stage = await openStage();
    const { client, target } = stage;
    await client.conversations.tearDown(target.conversationId);
    expect((await client.conversations.get(target.conversationId)).endedAt).toBeDefined();
  });

  it('finds live conversations of a queue, and the attributes that ended ones were left with', async () => {
    await using stage = await openStage();
    const { client, emulator, target } = stage;
    const support = await client.routing.findQueue('Support');
    const interval = { fromAt: Date.UTC(2026, 0, 5), toAt: Date.UTC(2026, 0, 6) };
    await client.attributes.patch(target, changes);
    await emulator.manual.advance(60_000);
    const live = { ...interval, queueIds: [support.id], onlyLive: true };
    const [found] = await client.analytics.queryDetails(live);
    expect(found).toMatchObject({ conversationId: target.conversationId, endedAt: undefined });
    emulator.control.end(target.conversationId);
    await emulator.manual.advance(60_000);
    expect(await client.analytics.queryDetails(live)).toEqual([]);
    const progress = { isDone: false };
    const job = client.analytics
      .runDetailsJob({ ...interval, conversationIds: [target.conversationId] })
      .finally(() => (progress.isDone = true));
    while (!progress.isDone) {
      await turn();
      if (client.budget.snapshot().inFlight === 0) await emulator.manual.advance(100);
    }
    const customer = (await job)[0]?.participants.find(({ purpose }) => purpose === 'customer');
    expect([...(customer?.attributes ?? [])]).toEqual([['crm.tier', 'gold']]);
  });

  it('receives a customer’s message with its attributes', async () => {
    await using stage = await openStage();
    const { client, emulator } = stage;
    const integrations = emulator.control.world().integrations;
    const conversationId = await client.conversations.receiveOpenMessage({
      integrationId: integrations.find(({ kind }) => kind === 'open')?.id ?? '',
      from: 'gus',
      text: 'hello',
      messageId: 'm-1',
      sentAt: '2026-01-05T09:00:00.000Z',
      attributes: new Map([['customerId', 'C1']]),
    });
    expect(emulator.control.attributes(conversationId ?? '')).toEqual({ customerId: 'C1' });
  });

  it('keeps the version of secure attributes', async () => {
    await using stage = await openStage();
    const { attributes } = stage.client;
    const { conversationId } = stage.target;
    const none = await attributes.getSecure(conversationId);
    expect([none.attributes.size, none.version]).toEqual([0, undefined]);
    const secure = { attributes: new Map([['ssn', '1']]), version: undefined };
    await attributes.patchSecure(conversationId, secure);
    const { version } = await attributes.getSecure(conversationId);
    await attributes.patchSecure(conversationId, { attributes: new Map([['dob', '2']]), version });
    await expect(
      attributes.patchSecure(conversationId, { attributes: new Map([['dob', '3']]), version }),
    ).rejects.toMatchObject({ code: 'ERR_GENESYS_CONFLICT' });
    const after = await attributes.getSecure(conversationId);
    expect([...after.attributes]).toEqual([
      ['ssn', '1'],
      ['dob', '2'],
    ]);
  });

  it.each([
    ['with a secret, and goes on by refresh tokens', 'rapport-demo-secret'],
    ['without one, by PKCE, and says when the user must sign in again', undefined],
  ])('signs a user in by code for a client %s', async (_name, clientSecret) => {
    await using emulator = await startTestEmulator();
    const redirectUri = 'http://localhost:4567/done';
    const clientId = 'rapport-demo-web';
    const { loginUrl } = emulator;
    const entropy = Buffer.alloc(32, 7);
    const parts = { loginUrl, clientId, redirectUri, state: 's-1', entropy };
    const { url: pkceUrl, codeVerifier } = createAuthorization(parts);
    const url = new URL(pkceUrl);
    if (clientSecret !== undefined) url.searchParams.delete('code_challenge');
    const [user] = emulator.control.world().users;
    const consent = new URLSearchParams({ user: user?.id ?? '' });
    const back = await fetch(url, { method: 'POST', body: consent, redirect: 'manual' });
    const code = new URL(back.headers.get('location') ?? '').searchParams.get('code') ?? '';
    const auth = { type: 'authorization-code', clientId, code, redirectUri } as const;
    const config = genesysOptionsSchema.parse({
      apiUrl: emulator.apiUrl,
      auth: { ...auth, ...(clientSecret === undefined ? { codeVerifier } : { clientSecret }) },
    });
    await using client = createGenesysClient({ config, clock: emulator.manual });
    expect(await client.users.me()).toMatchObject({ name: user?.name });
    emulator.control.revokeTokens();
    const again = await client.users.me().catch((error: unknown) => error);
    const expected =
      clientSecret === undefined ? { code: 'ERR_GENESYS_TOKEN_EXPIRED' } : { name: user?.name };
    expect(again).toMatchObject(expected);
  });

  it.each([
    ['a conversation that is not there', 'ERR_GENESYS_NOT_FOUND', 404],
    ['a participant that is not there', 'ERR_GENESYS_NOT_FOUND', 404],
  ])('tells of %s', async (name, code, status) => {
    await using stage = await openStage();
    const nobody = '00000000-0000-4000-8000-000000000000';
    const target = name.includes('participant')
      ? { ...stage.target, participantId: parseParticipantId(nobody) }
      : { ...stage.target, conversationId: parseConversationId(nobody) };
    await expect(stage.client.attributes.patch(target, changes)).rejects.toMatchObject({
      code,
      status,
      correlationId: expect.stringMatching(/.+/),
    });
  });

  it('names region and secret when the client is refused', async () => {
    const auth = {
      type: 'client-credentials',
      clientId: 'rapport-demo',
      clientSecret: 'x',
    } as const;
    await using stage = await openStage({}, { auth });
    await expect(stage.client.tokens.me()).rejects.toMatchObject({
      code: 'ERR_GENESYS_SIGN_IN_REFUSED',
      nextStep: expect.stringMatching(/secret.*region/),
    });
  });

  it('signs in again when its token was revoked on the way', async () => {
    await using stage = await openStage();
    const { client, emulator, target } = stage;
    emulator.control.addFault({ kind: 'revoke-token', operation: 'PATCH /**', times: 1 });
    await client.attributes.patch(target, changes);
    expect(statuses(stage)).toEqual([401, 202]);
  });

  it('tells an operation that the emulator lacks from one that the platform lacks', async () => {
    await using stage = await openStage();
    const { client } = stage;
    const send = (path: string): Promise<unknown> =>
      client.send({ operation: 'probe', method: 'GET', path });
    await expect(send('/api/v2/conversations/voice/x/participants/y')).rejects.toMatchObject({
      status: 404,
    });
    await expect(send('/api/v2/externalcontacts/contacts')).rejects.toMatchObject({
      code: 'ERR_GENESYS_NOT_IMPLEMENTED',
    });
  });

  it.each<[string, Parameters<TestEmulator['control']['addFault']>[0], boolean]>([
    ['a 500 after it was taken', { kind: 'status', status: 500, commits: true }, true],
    ['a 504 before it was taken', { kind: 'status', status: 504, commits: false }, false],
    ['a cut connection after it was taken', { kind: 'reset', commits: true }, true],
    ['a cut connection before it was taken', { kind: 'reset', commits: false }, false],
  ])(
    'is in doubt about a write that ended in %s, and reading tells',
    async (_name, fault, isThere) => {
      await using stage = await openStage();
      const { client, emulator, target } = stage;
      emulator.control.addFault({ ...fault, operation: 'PATCH /**', times: 1 });
      const error: unknown = await client.attributes
        .patch(target, changes)
        .catch((e: unknown) => e);
      expect(isInDoubt(error)).toBe(true);
      await emulator.manual.advance(1);
      const { participants } = await client.conversations.get(target.conversationId);
      expect(participants.some(({ attributes }) => attributes.has('crm.tier'))).toBe(isThere);
      expect(statuses(stage)).toHaveLength(2);
    },
  );

  it('gives up an answer that never comes after its time-out', async () => {
    await using stage = await openStage();
    const { client, emulator, target } = stage;
    emulator.control.addFault({ kind: 'silence', commits: false, operation: 'PATCH /**' });
    const write = client.attributes.patch(target, changes);
    write.catch(() => undefined);
    await expect.poll(() => statuses(stage).length).toBe(1);
    await emulator.manual.advance(10_000);
    await expect(write).rejects.toMatchObject({ code: 'ERR_GENESYS_IN_DOUBT' });
    expect(client.budget.snapshot()).toMatchObject({ inFlight: 0, held: 0 });
  });

  it.each([
    ['opened by the first call', { reset: 'plus-one' }],
    ['aligned to the clock', { opens: 'aligned', reset: 'down' }],
    ['of which reset never moves', { reset: 'constant' }],
  ] as const)('keeps to the rate in windows %s', async (_name, limits) => {
    await using stage = await openStage({ limits: { tokenPerWindow: 20, ...limits } });
    const { client, target } = stage;
    const enrich = async (): Promise<void> => {
      using permit = await client.budget.whenRoom('live', { cost: 2 });
      await client.conversations.get(target.conversationId, { permit });
      await client.attributes.patch(target, changes, { permit });
    };
    await playOut(stage, Promise.all(Array.from({ length: 50 }, enrich)));
    expect(statuses(stage)).toHaveLength(100);
    expect(statuses(stage)).not.toContain(429);
    expect(client.budget.snapshot()).toMatchObject({ held: 0, inFlight: 0 });
  });

  it('lives with strangers on its token, and loses nothing', async () => {
    await using stage = await openStage({ limits: { tokenPerWindow: 30, strangersPerMinute: 25 } });
    const { client, target } = stage;
    const writes = Array.from({ length: 60 }, () => client.attributes.patch(target, changes));
    await playOut(stage, Promise.all(writes));
    expect(statuses(stage).filter((status) => status === 202)).toHaveLength(60);
    expect(client.budget.snapshot().rateLimited.own).toBe(0);
  });

  it('learns that one operation is limited more narrowly, and lets the others go on', async () => {
    const narrow = { operation: 'GET /api/v2/flows/{flowId}', perWindow: 2 };
    await using stage = await openStage({ limits: { endpoints: [narrow] } });
    const { client, emulator } = stage;
    const [flow] = emulator.control.world().flows;
    await client.tokens.me();
    await client.flows.get(flow?.id ?? '');
    await client.flows.get(flow?.id ?? '');
    const third = client.flows.get(flow?.id ?? '');
    await client.tokens.me();
    expect(statuses(stage)).toEqual([200, 200, 200, 200]);
    await emulator.manual.advance(62_000);
    await third;
    expect(statuses(stage)).not.toContain(429);
  });
});
