import { describe, expect, it } from 'vitest';
import { openSocket, signIn, startTestEmulator } from '../../test/fixtures/emulator-clients.ts';

describe('the rights of a client', () => {
  it('are named in the 403 that they lack', async () => {
    await using emulator = await startTestEmulator();
    emulator.control.addClient({ id: 'poor', secret: 's', permissions: ['routing:*'] });
    const { call } = await signIn(emulator, 'poor', 's');
    const { conversationId: c, participantId: p } = emulator.control.start({ queue: 'Support' });
    const read = await call('GET', `/api/v2/conversations/${c}`);
    expect([read.status, read.body.code]).toEqual([403, 'missing.any.permissions']);
    expect(read.body.message).toContain('[conversation:communication:view]');
    expect((await call('GET', '/api/v2/routing/queues')).status).toBe(200);
    // The contract asks for none here.
    const path = `/api/v2/conversations/${c}/participants/${p}/attributes`;
    expect((await call('PATCH', path, { attributes: {} })).status).toBe(202);
  });

  it('hold in divisions: a listing leaves out the others, a read and a topic refuse', async () => {
    await using emulator = await startTestEmulator();
    const { control } = emulator;
    const id = control.addQueue({ name: 'Paris', division: 'Europe' });
    control.addClient({ id: 'home', secret: 's', divisions: ['Home'] });
    const { call } = await signIn(emulator, 'home', 's');
    const listed = await call('GET', '/api/v2/routing/queues');
    expect(listed.body.entities.map((queue: { name: string }) => queue.name)).toEqual([
      'Sales',
      'Support',
    ]);
    const read = await call('GET', `/api/v2/routing/queues/${id}`);
    expect([read.status, read.body.code]).toEqual([403, 'missing.division.permission']);
    const channel = (await call('POST', '/api/v2/notifications/channels')).body;
    const topic = await call('POST', `/api/v2/notifications/channels/${channel.id}/subscriptions`, [
      { id: `v2.routing.queues.${id}.conversations` },
    ]);
    expect([topic.status, topic.body.code]).toEqual([
      403,
      'notification.unauthorized.divisioned.topic',
    ]);
  });
});

describe('what the emulator lacks', () => {
  it('answers 501 for an operation that the platform has', async () => {
    await using emulator = await startTestEmulator();
    const { call } = await signIn(emulator);
    const answer = await call('GET', '/api/v2/externalcontacts/contacts');
    expect([answer.status, answer.body.code]).toEqual([501, 'emulator.not.implemented']);
  });
});

describe('notification channels', () => {
  it('push out the least recently used one over 20, one without a socket first', async () => {
    await using emulator = await startTestEmulator();
    const { call } = await signIn(emulator);
    const ids: string[] = [];
    const open = async (): Promise<{ id: string; connectUri: string }> => {
      const { body } = await call('POST', '/api/v2/notifications/channels');
      ids.push(body.id);
      await emulator.control.advance(1);
      return body;
    };
    const first = await open();
    await using socket = await openSocket(first.connectUri);
    for (let i = 0; i < 20; i++) await open();
    const alive = async (id: string): Promise<number> =>
      (await call('HEAD', `/api/v2/notifications/channels/${id}`)).status;
    expect([
      await alive(ids[0] ?? ''),
      await alive(ids[1] ?? ''),
      await alive(ids[2] ?? ''),
    ]).toEqual([200, 404, 200]);
    expect(socket.socket.readyState).toBe(socket.socket.OPEN);
  });

  it('end after 24 hours, announced a minute before', async () => {
    await using emulator = await startTestEmulator({ heartbeatMs: 3_600_000 });
    const { call } = await signIn(emulator);
    const { connectUri } = (await call('POST', '/api/v2/notifications/channels')).body;
    await using socket = await openSocket(connectUri);
    await emulator.control.advance(24 * 3_600_000 - 60_000);
    await socket.next((frame) => frame.topicName === 'v2.system.socket_closing');
    await emulator.control.advance(60_000);
    await socket.closed;
    await expect(openSocket(connectUri)).rejects.toThrow('404');
  });

  it('have one socket: a second one drops the first', async () => {
    await using emulator = await startTestEmulator();
    const { call } = await signIn(emulator);
    const { connectUri } = (await call('POST', '/api/v2/notifications/channels')).body;
    await using first = await openSocket(connectUri);
    await using second = await openSocket(connectUri);
    await first.closed;
    expect(second.socket.readyState).toBe(second.socket.OPEN);
  });

  it('take at most 1000 topics, and combined ones', async () => {
    await using emulator = await startTestEmulator();
    const { call } = await signIn(emulator);
    const { id } = (await call('POST', '/api/v2/notifications/channels')).body;
    const [user] = emulator.control.world().users;
    const path = `/api/v2/notifications/channels/${id}/subscriptions`;
    const combined = `v2.users.${user?.id}?conversations&presence`;
    expect((await call('PUT', path, [{ id: combined }])).body.entities[0].state).toBe('Permitted');
    const many = Array.from({ length: 1000 }, (_, at) => ({
      id: `v2.detail.events.conversation.c-${at}.attributes`,
    }));
    const over = await call('POST', path, many);
    expect(over.body.code).toBe('notification.subscription.too.many.subscriptions');
    expect((await call('PUT', path, many)).status).toBe(200);
  });
});

describe('users and limits', () => {
  it('finds users by name, and tells the limits that hold', async () => {
    await using emulator = await startTestEmulator({ limits: { tokenPerWindow: 42 } });
    const { call } = await signIn(emulator);
    const found = await call('POST', '/api/v2/users/search', {
      query: [{ type: 'CONTAINS', fields: ['name'], value: 'ada' }],
    });
    expect(found.body.results.map((user: { name: string }) => user.name)).toEqual(['Ada Agent']);
    const limits = await call('GET', '/api/v2/organizations/limits/namespaces/platform.api');
    expect(limits.body.entities[0].value).toBe(42);
    const topics = await call('GET', '/api/v2/notifications/availabletopics?expand=transports');
    expect(topics.body.entities.length).toBeGreaterThan(20);
  });
});
