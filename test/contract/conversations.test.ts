import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Media } from '../../src/emulator/world/model.ts';
import { rejectionOf, type SdkClient } from './sdk-client.ts';
import { idOf, LAG_MS, setStage, type Stage } from './stage.ts';

/** The SDK's type asks for a whole conversation; the platform reads only its state. */
const ENDED = { state: 'disconnected', startTime: '2026-01-05T09:00:00.000Z', participants: [] };
const NOBODY = '00000000-0000-4000-8000-000000000000';

interface MediaCase {
  readonly media: Media;
  readonly read: (sdk: SdkClient, id: string) => Promise<{ readonly id?: string }>;
  readonly end: (sdk: SdkClient, id: string) => Promise<unknown>;
  readonly write: (
    sdk: SdkClient,
    at: readonly [string, string],
    attributes: Record<string, string>,
  ) => Promise<unknown>;
}

const MEDIA: readonly MediaCase[] = [
  {
    media: 'calls',
    read: (sdk, id) => sdk.conversations.getConversationsCall(id),
    end: (sdk, id) => sdk.conversations.postConversationDisconnect(id),
    write: (sdk, [c, p], attributes) =>
      sdk.conversations.patchConversationsCallParticipantAttributes(c, p, { attributes }),
  },
  {
    media: 'callbacks',
    read: (sdk, id) => sdk.conversations.getConversationsCallback(id),
    end: (sdk, id) => sdk.conversations.patchConversationsCallback(id, ENDED),
    write: (sdk, [c, p], attributes) =>
      sdk.conversations.patchConversationsCallbackParticipantAttributes(c, p, { attributes }),
  },
  {
    media: 'emails',
    read: (sdk, id) => sdk.conversations.getConversationsEmail(id),
    end: (sdk, id) => sdk.conversations.patchConversationsEmail(id, ENDED),
    write: (sdk, [c, p], attributes) =>
      sdk.conversations.patchConversationsEmailParticipantAttributes(c, p, { attributes }),
  },
  {
    media: 'messages',
    read: (sdk, id) => sdk.conversations.getConversationsMessage(id),
    end: (sdk, id) => sdk.conversations.patchConversationsMessage(id, ENDED),
    write: (sdk, [c, p], attributes) =>
      sdk.conversations.patchConversationsMessageParticipantAttributes(c, p, {
        body: { attributes },
      }),
  },
];

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage[Symbol.asyncDispose]());

const attributesSeen = async (id: string, participantId: string): Promise<unknown> => {
  const { participants } = await stage.sdk.conversations.getConversation(id);
  return participants.find((participant) => participant.id === participantId)?.attributes;
};

describe.for(MEDIA)('the official SDK, on $media', ({ media, read, write, end }) => {
  it('reads a conversation as a whole and by its medium', async () => {
    const { emulator, sdk } = stage;
    const { conversationId, participantId } = emulator.control.start({
      media,
      queue: 'Support',
      attributes: { reason: 'order' },
    });
    const whole = await sdk.conversations.getConversation(conversationId);
    expect(whole.endTime).toBeUndefined();
    expect(whole.participants.map((participant) => participant.purpose)).toEqual([
      'customer',
      'acd',
    ]);
    expect(whole.participants[0]).toMatchObject({
      id: participantId,
      attributes: { reason: 'order' },
      [media]: [{ state: 'connected', direction: 'inbound' }],
    });
    expect(await read(sdk, conversationId)).toMatchObject({
      id: conversationId,
      participants: [
        {
          id: participantId,
          state: 'connected',
          direction: 'inbound',
          attributes: { reason: 'order' },
        },
        { purpose: 'acd', queue: { id: idOf(emulator, 'queues', 'Support') } },
      ],
    });
  });

  it('writes attributes that become visible only after the lag, key by key', async () => {
    const { emulator, sdk } = stage;
    const { conversationId, participantId } = emulator.control.start({
      media,
      attributes: { reason: 'order' },
    });
    await write(sdk, [conversationId, participantId], { 'crm.tier': 'gold' });
    expect(await attributesSeen(conversationId, participantId)).toEqual({ reason: 'order' });
    await emulator.control.advance(LAG_MS);
    expect(await attributesSeen(conversationId, participantId)).toEqual({
      reason: 'order',
      'crm.tier': 'gold',
    });
  });

  it('is told when conversation or participant do not exist', async () => {
    const { emulator, sdk } = stage;
    const { conversationId } = emulator.control.start({ media });
    expect(await rejectionOf(read(sdk, NOBODY))).toMatchObject({
      status: 404,
      code: 'conversation.error.conversation.not.found',
    });
    expect(await rejectionOf(write(sdk, [conversationId, NOBODY], { a: 'b' }))).toMatchObject({
      status: 404,
    });
    expect(await rejectionOf(write(sdk, [NOBODY, NOBODY], { a: 'b' }))).toMatchObject({
      status: 404,
    });
  });

  it('ends it', async () => {
    const { emulator, sdk } = stage;
    const { conversationId } = emulator.control.start({ media, queue: 'Support' });
    await end(sdk, conversationId);
    const ended = await sdk.conversations.getConversation(conversationId);
    expect(ended.endTime).toBeDefined();
    expect(ended.participants.every((participant) => participant.endTime !== undefined)).toBe(true);
  });
});

describe('the official SDK, on calls, where an app is no user', () => {
  it('may neither end a call by its medium, nor patch a participant, nor list calls', async () => {
    const { emulator, sdk } = stage;
    const { conversationId, participantId } = emulator.control.start();
    const { conversations } = sdk;
    const state = { state: 'disconnected' };
    for (const call of [
      conversations.patchConversationsCall(conversationId, ENDED),
      conversations.patchConversationsCallParticipant(conversationId, participantId, state),
      conversations.getConversationsCalls(),
    ]) {
      expect(await rejectionOf(call)).toMatchObject({ status: 400, code: 'not.a.user' });
    }
  });

  it('has no conversations of its own on other media', async () => {
    const { conversations } = stage.sdk;
    for (const list of [
      await conversations.getConversationsCallbacks(),
      await conversations.getConversationsEmails(),
      await conversations.getConversationsMessages(),
    ]) {
      expect(list.entities).toEqual([]);
    }
  });
});

describe('the official SDK, on any conversation', () => {
  it('writes by the generic path', async () => {
    const { emulator, sdk } = stage;
    const { conversationId, participantId } = emulator.control.start();
    await sdk.conversations.patchConversationParticipantAttributes(conversationId, participantId, {
      attributes: { 'crm.customerId': 'C1' },
    });
    await emulator.control.advance(LAG_MS);
    expect(await attributesSeen(conversationId, participantId)).toEqual({ 'crm.customerId': 'C1' });
  });

  it('is refused a value that is no string', async () => {
    const { emulator, sdk } = stage;
    const { conversationId, participantId } = emulator.control.start();
    const path = `/api/v2/conversations/${conversationId}/participants/${participantId}/attributes`;
    for (const value of [null, {}, ['a']]) {
      const error = await rejectionOf(sdk.call('PATCH', path, { attributes: { a: value } }));
      expect(error).toMatchObject({ status: 400 });
    }
  });

  it('changes nothing when it patches the participant with attributes', async () => {
    const { emulator, sdk } = stage;
    const { conversationId, participantId } = emulator.control.start({ media: 'messages' });
    const path = `/api/v2/conversations/messages/${conversationId}/participants/${participantId}`;
    await sdk.call('PATCH', path, { attributes: { 'crm.tier': 'gold' } });
    await emulator.control.advance(LAG_MS);
    expect(await attributesSeen(conversationId, participantId)).toEqual({});
  });

  it('takes a participant off the conversation', async () => {
    const { emulator, sdk } = stage;
    const { conversationId, participantId } = emulator.control.start({ media: 'callbacks' });
    await sdk.conversations.patchConversationsCallbackParticipant(conversationId, participantId, {
      state: 'disconnected',
    });
    const { participants } = await sdk.conversations.getConversation(conversationId);
    expect(participants[0]?.endTime).toBeDefined();
  });

  it('sees who joins in a transfer, and the customer stay', async () => {
    const { emulator, sdk } = stage;
    const { conversationId, participantId } = emulator.control.start({ queue: 'Support' });
    emulator.control.move(conversationId, { kind: 'answer', user: 'Ada Agent' });
    emulator.control.move(conversationId, { kind: 'enqueue', queue: 'Sales' });
    emulator.control.move(conversationId, { kind: 'answer', user: 'Ben Agent' });
    const { participants } = await sdk.conversations.getConversation(conversationId);
    expect(participants.map((participant) => participant.purpose)).toEqual([
      'customer',
      'acd',
      'agent',
      'acd',
      'agent',
    ]);
    const live = participants.filter((participant) => participant.endTime === undefined);
    expect(live.map((participant) => participant.userId ?? participant.id)).toEqual([
      participantId,
      idOf(emulator, 'users', 'Ben Agent'),
    ]);
  });
});

describe('the official SDK, on what is not there', () => {
  it.for([
    ['GET', '/api/v2/conversations/voice/c1', 404],
    ['PATCH', '/api/v2/conversations/c1', 405],
    ['GET', '/api/v2/nothing', 404],
    ['GET', '/api/v2/alerting/rules/r1', 501],
  ] as const)('%s %s is answered with %s', async ([method, path, status]) => {
    expect(await rejectionOf(stage.sdk.call(method, path))).toMatchObject({ status });
  });
});

describe('the official SDK, over its limit', () => {
  it('gets a 429 that says how long to wait, and then goes on', async () => {
    await using limited = await setStage({ limits: { tokenPerWindow: 2 } });
    const { sdk, emulator } = limited;
    sdk.api.setReturnExtendedResponses(true);
    await sdk.tokens.getTokensMe();
    await sdk.tokens.getTokensMe();
    expect(await rejectionOf(sdk.tokens.getTokensMe())).toMatchObject({
      status: 429,
      headers: {
        'retry-after': '60',
        'inin-ratelimit-allowed': '2',
        'inin-ratelimit-count': '2',
        'inin-ratelimit-reset': '61',
      },
      body: {
        code: 'too.many.requests.retry.after',
        limit: { key: 'client.credentials.token.rate.per.minute', namespace: 'platform.api' },
      },
    });
    await emulator.control.advance(60_000);
    expect(await sdk.tokens.getTokensMe()).toMatchObject({ status: 200 });
  });
});
