import { describe, expect, it } from 'vitest';
import {
  openSocket,
  signIn,
  startTestEmulator,
  type TestEmulator,
} from '../../../test/fixtures/emulator-clients.ts';

const integrationId = (emulator: TestEmulator, kind: 'open' | 'webmessaging'): string =>
  emulator.control.world().integrations.find((known) => known.kind === kind)?.id ?? '';

const openMessage = (from: string, customAttributes: Record<string, unknown> = {}) => ({
  channel: {
    from: { id: from, idType: 'Opaque', nickname: 'Gus' },
    time: '2026-01-05T09:00:00.000Z',
    messageId: 'm-1',
    metadata: { customAttributes },
  },
  text: 'hello',
});

describe('messagingRoutes', () => {
  it('starts a conversation with the custom attributes on the customer, and goes on with it', async () => {
    await using emulator = await startTestEmulator();
    const { call } = await signIn(emulator);
    const path = `/api/v2/conversations/messages/${integrationId(emulator, 'open')}/inbound/open/message?prefetchConversationId=true`;
    const first = await call('POST', path, openMessage('gus', { customerId: 'C1', visits: 3 }));
    const second = await call('POST', path, openMessage('gus', { plan: 'gold' }));
    expect([first.status, second.body.conversationId]).toEqual([200, first.body.conversationId]);
    expect(emulator.control.attributes(first.body.conversationId)).toEqual({
      customerId: 'C1',
      visits: '3',
      plan: 'gold',
    });
    emulator.control.end(first.body.conversationId);
    const third = await call('POST', path, openMessage('gus'));
    expect(third.body.conversationId).not.toBe(first.body.conversationId);
  });

  it('refuses custom attributes in the message’s own metadata, and a channel without a date', async () => {
    await using emulator = await startTestEmulator();
    const { call } = await signIn(emulator);
    const path = `/api/v2/conversations/messages/${integrationId(emulator, 'open')}/inbound/open/message`;
    const nested = await call('POST', path, {
      ...openMessage('g'),
      metadata: { customAttributes: {} },
    });
    const dateless = await call('POST', path, { channel: { from: { id: 'g' } }, text: 'x' });
    expect([nested.status, dateless.status, dateless.body.code]).toEqual([
      400,
      400,
      'missing.open.channel.date',
    ]);
  });
});

describe('createGuestSockets', () => {
  it('carries a guest’s messages and custom attributes, and an agent’s answers back', async () => {
    await using emulator = await startTestEmulator();
    const { control } = emulator;
    const url = `${emulator.url.replace('http', 'ws')}/v1?deploymentId=${integrationId(emulator, 'webmessaging')}`;
    await using guest = await openSocket(url);
    const tell = (frame: unknown): void => guest.socket.send(JSON.stringify(frame));
    tell({ action: 'configureSession', deploymentId: 'd', token: 't-1' });
    expect(await guest.next((f) => f.class === 'SessionResponse')).toMatchObject({
      code: 200,
      body: { connected: true, newSession: true },
    });
    tell({
      action: 'onMessage',
      token: 't-1',
      message: {
        type: 'Text',
        text: 'hi',
        channel: { metadata: { customAttributes: { 'crm.id': 'C9' } } },
      },
    });
    await guest.next((f) => f.body?.direction === 'Inbound');
    const [conversation] = control.conversations();
    if (conversation === undefined) throw new Error('no conversation was started');
    expect(control.attributes(conversation.id)).toEqual({ 'crm.id': 'C9' });
    expect(conversation.participants[0]?.messages?.[0]?.type).toBe('webmessaging');
    control.move(conversation.id, { kind: 'answer', user: 'Ada Agent' });
    control.move(conversation.id, { kind: 'message', by: 'agent', text: 'welcome' });
    expect(await guest.next((f) => f.body?.direction === 'Outbound')).toMatchObject({
      body: { text: 'welcome' },
    });
    control.end(conversation.id, 'agent');
    await guest.next((f) => f.body?.events?.[0]?.presence?.type === 'Disconnect');
  });

  it('refuses a message before the session is configured, and an unknown deployment', async () => {
    await using emulator = await startTestEmulator();
    const base = emulator.url.replace('http', 'ws');
    await using guest = await openSocket(
      `${base}/v1?deploymentId=${integrationId(emulator, 'webmessaging')}`,
    );
    guest.socket.send(JSON.stringify({ action: 'onMessage', token: 't', message: { text: 'x' } }));
    expect(await guest.next(() => true)).toMatchObject({ code: 4007 });
    await expect(openSocket(`${base}/v1?deploymentId=none`)).rejects.toThrow('404');
  });
});

describe('creationRoutes', () => {
  it('turns a callback’s data into attributes', async () => {
    await using emulator = await startTestEmulator();
    const { call } = await signIn(emulator);
    const [queue] = emulator.control.world().queues;
    const made = await call('POST', '/api/v2/conversations/callbacks', {
      queueId: queue?.id,
      callbackNumbers: ['+15550001234'],
      callbackUserName: 'Cal',
      data: { 'crm.id': 'C3' },
    });
    expect(made.status).toBe(200);
    const { id } = made.body.conversation;
    expect(emulator.control.attributes(id)).toEqual({ 'crm.id': 'C3' });
    const read = await call('GET', `/api/v2/conversations/callbacks/${id}`);
    expect(read.body.participants[0]).toMatchObject({
      purpose: 'customer',
      callbackNumbers: ['+15550001234'],
    });
  });

  it('keeps a scheduled callback from its queue until its time', async () => {
    await using emulator = await startTestEmulator();
    const { control } = emulator;
    const { call } = await signIn(emulator);
    const made = await call('POST', '/api/v2/conversations/callbacks', {
      queueId: control.world().queues[0]?.id,
      callbackNumbers: ['+15550001234'],
      callbackScheduledTime: new Date(emulator.clock.wallMs() + 60_000).toISOString(),
    });
    const states = (): unknown[] =>
      control
        .conversation(made.body.conversation.id)
        .participants.map((p) => [p.purpose, p.callbacks?.[0]?.state]);
    expect(states()).toEqual([['customer', 'scheduled']]);
    await control.advance(60_000);
    expect(states()).toEqual([
      ['customer', 'connected'],
      ['acd', 'connected'],
    ]);
  });

  it('takes an inbound e-mail with attributes', async () => {
    await using emulator = await startTestEmulator();
    const { call } = await signIn(emulator);
    const [queue] = emulator.control.world().queues;
    const made = await call('POST', '/api/v2/conversations/emails', {
      provider: 'Other',
      queueId: queue?.id,
      fromAddress: 'c@example.com',
      subject: 'Help',
      attributes: { 'crm.id': 'C4' },
    });
    expect(made.body.participants[0]).toMatchObject({
      subject: 'Help',
      attributes: { 'crm.id': 'C4' },
    });
  });
});
