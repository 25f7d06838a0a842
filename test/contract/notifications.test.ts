import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ChannelListener, type Frame } from './channel-listener.ts';
import { rejectionOf } from './sdk-client.ts';
import { idOf, LAG_MS, setStage, type Stage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage[Symbol.asyncDispose]());

async function openChannel(...topics: readonly string[]) {
  const { notifications } = stage.sdk;
  const channel = await notifications.postNotificationsChannels();
  const id = channel.id ?? '';
  if (topics.length > 0) {
    await notifications.postNotificationsChannelSubscriptions(
      id,
      topics.map((topic) => ({ id: topic })),
    );
  }
  return { id, listener: await ChannelListener.open(channel.connectUri ?? '') };
}

describe('the official SDK, on notification channels', () => {
  it('opens, lists and checks a channel', async () => {
    const { notifications } = stage.sdk;
    const channel = await notifications.postNotificationsChannels();
    expect(channel.connectUri).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/channels\/streaming-/);
    const { entities } = await notifications.getNotificationsChannels();
    expect(entities?.map((entry) => entry.id)).toContain(channel.id);
    await notifications.headNotificationsChannel(channel.id ?? '');
    await expect(notifications.headNotificationsChannel('none')).rejects.toBe(undefined);
  });

  it('adds, replaces, lists and clears subscriptions', async () => {
    const { notifications } = stage.sdk;
    const { id = '' } = await notifications.postNotificationsChannels();
    const support = `v2.routing.queues.${idOf(stage.emulator, 'queues', 'Support')}.conversations`;
    const sales = `v2.routing.queues.${idOf(stage.emulator, 'queues', 'Sales')}.conversations`;
    const subscribed = async (): Promise<unknown> => {
      const { entities } = await notifications.getNotificationsChannelSubscriptions(id);
      return entities?.map((entry) => entry.id);
    };
    await notifications.postNotificationsChannelSubscriptions(id, [{ id: support }]);
    await notifications.postNotificationsChannelSubscriptions(id, [{ id: sales }]);
    expect(await subscribed()).toEqual([support, sales]);
    await notifications.putNotificationsChannelSubscriptions(id, [{ id: sales }]);
    expect(await subscribed()).toEqual([sales]);
    await notifications.deleteNotificationsChannelSubscriptions(id);
    expect(await subscribed()).toEqual([]);
  });

  it('is refused a bad topic as a whole, or told of it where errors are ignored', async () => {
    const { notifications } = stage.sdk;
    const { id = '' } = await notifications.postNotificationsChannels();
    const good = `v2.users.${idOf(stage.emulator, 'users', 'Ada Agent')}.conversations`;
    const topics = [{ id: good }, { id: 'v2.conversations.c1' }];
    expect(
      await rejectionOf(notifications.postNotificationsChannelSubscriptions(id, topics)),
    ).toMatchObject({ status: 400, code: 'notification.invalid.topic' });
    const answer = await notifications.postNotificationsChannelSubscriptions(id, topics, {
      ignoreErrors: true,
    });
    expect(answer.entities).toMatchObject([{ state: 'Permitted' }, { state: 'Rejected' }]);
  });
});

describe('a WebSocket on a channel that the official SDK opened', () => {
  it('carries the events of one conversation from start to end', async () => {
    const { emulator, sdk } = stage;
    const { conversationId, participantId } = emulator.control.start({ queue: 'Support' });
    const topic = (event: string): string =>
      `v2.detail.events.conversation.${conversationId}.${event}`;
    const { listener } = await openChannel(topic('attributes'), topic('customer.end'));
    await using _ = listener;
    await sdk.conversations.patchConversationParticipantAttributes(conversationId, participantId, {
      attributes: { 'crm.tier': 'gold' },
    });
    await emulator.control.advance(LAG_MS);
    expect(await listener.nextOf(topic('attributes'))).toMatchObject({
      version: '2',
      eventBody: { conversationId, participantId, attributes: { 'crm.tier': 'gold' } },
    });
    emulator.control.end(conversationId);
    expect(await listener.nextOf(topic('customer.end'))).toMatchObject({
      eventBody: { conversationId, participantId, mediaType: 'VOICE' },
    });
  });

  it('carries what happens on a queue and to a user, attributes included', async () => {
    const { emulator } = stage;
    const queueTopic = `v2.routing.queues.${idOf(emulator, 'queues', 'Sales')}.conversations`;
    const userTopic = `v2.users.${idOf(emulator, 'users', 'Ben Agent')}.conversations`;
    const { listener } = await openChannel(queueTopic, userTopic);
    await using _ = listener;
    for (const media of ['calls', 'messages', 'callbacks', 'emails'] as const) {
      const { conversationId } = emulator.control.start({
        media,
        queue: 'Sales',
        attributes: { reason: media },
      });
      const isIt = (name: string) => (frame: Frame) =>
        frame.topicName === name && frame.eventBody?.['id'] === conversationId;
      const queued = await listener.next(isIt(queueTopic));
      expect(queued.eventBody?.['participants']).toMatchObject([
        { purpose: 'customer', attributes: { reason: media } },
        { purpose: 'acd' },
      ]);
      emulator.control.move(conversationId, { kind: 'answer', user: 'Ben Agent' });
      const offered = await listener.next(isIt(userTopic));
      expect(offered.eventBody?.['participants']).toMatchObject([{}, {}, { purpose: 'agent' }]);
      emulator.control.end(conversationId, 'agent');
    }
  });

  it('answers a ping, beats every 30 seconds and takes topics in-band', async () => {
    const { emulator } = stage;
    const { listener } = await openChannel();
    await using _ = listener;
    listener.say({ message: 'ping' });
    expect(await listener.nextOf('channel.metadata')).toMatchObject({
      eventBody: { message: 'pong' },
    });
    await emulator.control.advance(30_000);
    expect(await listener.nextOf('channel.metadata')).toMatchObject({
      eventBody: { message: 'WebSocket Heartbeat' },
    });
    const { conversationId, participantId } = emulator.control.start();
    const topic = `v2.detail.events.conversation.${conversationId}.attributes`;
    listener.say({ message: 'subscribe', topics: [topic], correlationId: 'k1' });
    expect(await listener.next((frame) => frame['result'] !== undefined)).toMatchObject({
      result: '200',
      status: 'subscribed',
      correlationId: 'k1',
    });
    emulator.control.writeAttributes(conversationId, { a: 'b' }, participantId);
    expect(await listener.nextOf(topic)).toMatchObject({ eventBody: { attributes: { a: 'b' } } });
  });

  it('is dropped by a second one', async () => {
    const { notifications } = stage.sdk;
    const { connectUri = '' } = await notifications.postNotificationsChannels();
    await using first = await ChannelListener.open(connectUri);
    await using second = await ChannelListener.open(connectUri);
    await first.closed;
    second.say({ message: 'ping' });
    expect(await second.nextOf('channel.metadata')).toBeDefined();
  });

  it('is told about a minute before the channel expires', async () => {
    const { listener } = await openChannel();
    await using _ = listener;
    await stage.emulator.control.advance(24 * 3_600_000 - 60_000);
    await listener.nextOf('v2.system.socket_closing');
    await stage.emulator.control.advance(60_000);
    await listener.closed;
  });
});
