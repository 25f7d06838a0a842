import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rejectionOf } from './sdk-client.ts';
import { idOf, setStage, type Stage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage[Symbol.asyncDispose]());

const customerOf = async (conversationId: string): Promise<unknown> => {
  const { participants } = await stage.sdk.conversations.getConversation(conversationId);
  return participants.find(({ purpose }) => purpose === 'customer')?.attributes;
};

describe('the official SDK begins a conversation', () => {
  it('as a callback, whose data become attributes', async () => {
    const { sdk, emulator } = stage;
    const { conversation } = await sdk.conversations.postConversationsCallbacks({
      queueId: idOf(emulator, 'queues', 'Support'),
      callbackNumbers: ['+15551230001'],
      callbackUserName: 'Grace',
      data: { reason: 'order' },
    });
    expect(await customerOf(conversation?.id ?? '')).toEqual({ reason: 'order' });
    const lacking = sdk.conversations.postConversationsCallbacks({ callbackNumbers: [] });
    expect(await rejectionOf(lacking)).toMatchObject({
      status: 400,
      code: 'callback.error.missing.callback.numbers',
    });
  });

  it('as an e-mail of another system', async () => {
    const { sdk, emulator } = stage;
    const { id } = await sdk.conversations.postConversationsEmails({
      provider: 'Hotel desk',
      queueId: idOf(emulator, 'queues', 'Support'),
      direction: 'INBOUND',
      subject: 'Room 12',
      attributes: { room: '12' },
    });
    expect(await customerOf(id ?? '')).toEqual({ room: '12' });
  });

  it('as an open message, whose custom attributes arrive on the customer', async () => {
    const { sdk, emulator } = stage;
    const open = emulator.control.world().integrations.find(({ kind }) => kind === 'open');
    // The SDK's type of the metadata lacks what the field uses, so the body is given as it is sent.
    const body = {
      channel: {
        from: { id: 'guest-7', idType: 'Opaque', nickname: 'Grace' },
        time: '2026-01-05T09:00:00.000Z',
        messageId: 'm-1',
        metadata: { customAttributes: { 'shop.cart': '3 items' } },
      },
      text: 'Where is my order?',
    };
    const path = `/api/v2/conversations/messages/${open?.id}/inbound/open/message`;
    const answer = await sdk.call('POST', `${path}?prefetchConversationId=true`, body);
    const { conversationId } = answer as { readonly conversationId: string };
    expect(await customerOf(conversationId)).toEqual({ 'shop.cart': '3 items' });
    const undated = { ...body, channel: { ...body.channel, time: undefined } };
    expect(await rejectionOf(sdk.call('POST', path, undated))).toMatchObject({
      status: 400,
      code: 'missing.open.channel.date',
    });
  });
});
