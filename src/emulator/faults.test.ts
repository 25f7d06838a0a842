import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { openSocket, signIn, startTestEmulator } from '../../test/fixtures/emulator-clients.ts';

const ATTRIBUTES =
  'PATCH /api/v2/conversations/{conversationId}/participants/{participantId}/attributes';

/** The server's side of every connection that is made from now on. */
function watchAccepted(): Disposable & { readonly accepted: readonly Socket[] } {
  const accepted: Socket[] = [];
  const note = (message: unknown): void => {
    accepted.push((message as { readonly socket: Socket }).socket);
  };
  subscribe('net.server.socket', note);
  return { accepted, [Symbol.dispose]: () => void unsubscribe('net.server.socket', note) };
}

const closing = (socket: Socket): Promise<void> =>
  new Promise((resolve) => void socket.once('close', () => resolve()));

describe('addFault', () => {
  it('answers a status in the place of the platform, and the write does not land', async () => {
    await using emulator = await startTestEmulator();
    const { control } = emulator;
    const { call } = await signIn(emulator);
    const { conversationId: c, participantId: p } = control.start({ queue: 'Support' });
    control.addFault({
      kind: 'status',
      status: 503,
      operation: ATTRIBUTES,
      times: 1,
      retryAfterSeconds: 7,
    });
    const write = () =>
      call('PATCH', `/api/v2/conversations/${c}/participants/${p}/attributes`, {
        attributes: { a: '1' },
      });
    const refused = await write();
    expect([refused.status, refused.body.code, refused.headers.get('retry-after')]).toEqual([
      503,
      'service.unavailable',
      '7',
    ]);
    expect(control.attributes(c)).toEqual({});
    expect((await write()).status).toBe(202);
    expect(control.faults()).toMatchObject([{ matched: 2, fired: 1 }]);
  });

  it('cuts the connection after the write has landed', async () => {
    await using emulator = await startTestEmulator();
    const { control } = emulator;
    const { call } = await signIn(emulator);
    const { conversationId: c, participantId: p } = control.start({ queue: 'Support' });
    control.addFault({ kind: 'reset', operation: ATTRIBUTES, commits: true, times: 1 });
    const path = `/api/v2/conversations/${c}/participants/${p}/attributes`;
    await expect(call('PATCH', path, { attributes: { a: '1' } })).rejects.toThrow('fetch failed');
    expect(control.attributes(c)).toEqual({ a: '1' });
    expect(control.requests().at(-1)).toMatchObject({ ending: 'reset', status: 0 });
  });

  it('delays by the emulator’s clock, and a stop ends the wait', async () => {
    const emulator = await startTestEmulator();
    const { call } = await signIn(emulator);
    emulator.control.addFault({ kind: 'latency', latency: { distribution: 'fixed', ms: 60_000 } });
    const [first] = [call('GET', '/api/v2/tokens/me')];
    while (emulator.manual.pendingTimers === 0) await new Promise((wake) => setImmediate(wake));
    await emulator.control.advance(60_000);
    expect((await first)?.status).toBe(200);
    const second = call('GET', '/api/v2/tokens/me').then(
      () => 'answered',
      (error: unknown) => String(error),
    );
    while (emulator.manual.pendingTimers === 0) await new Promise((wake) => setImmediate(wake));
    await emulator[Symbol.asyncDispose]();
    expect(await second).toContain('fetch failed');
    expect(emulator.manual.pendingTimers).toBe(0);
  });

  it('serves a delayed write though its sender has gone', async () => {
    await using emulator = await startTestEmulator();
    const { control, manual } = emulator;
    const { token } = await signIn(emulator);
    const { conversationId: c, participantId: p } = control.start({ queue: 'Support' });
    const before = manual.pendingTimers;
    control.addFault({ kind: 'latency', latency: { distribution: 'fixed', ms: 60_000 } });
    using sockets = watchAccepted();
    const sender = connect(emulator.port, '127.0.0.1');
    const body = JSON.stringify({ attributes: { a: '1' } });
    sender.write(
      [
        `PATCH /api/v2/conversations/${c}/participants/${p}/attributes HTTP/1.1`,
        'host: emulator',
        `authorization: Bearer ${token}`,
        'content-type: application/json',
        `content-length: ${body.length}`,
        '',
        body,
      ].join('\r\n'),
    );
    while (manual.pendingTimers === before) await new Promise((wake) => setImmediate(wake));
    const isCutOff = Promise.all(sockets.accepted.map(closing));
    sender.resetAndDestroy();
    await isCutOff;
    await control.advance(60_000);
    while (control.requests().at(-1)?.method !== 'PATCH') {
      await new Promise((wake) => setImmediate(wake));
    }
    expect(control.requests().at(-1)?.status).toBe(202);
  });

  it('revokes the token of a request, which so earns a 401', async () => {
    await using emulator = await startTestEmulator();
    const { call } = await signIn(emulator);
    emulator.control.addFault({ kind: 'revoke-token', times: 1 });
    expect((await call('GET', '/api/v2/tokens/me')).status).toBe(401);
  });

  it('duplicates and loses frames', async () => {
    await using emulator = await startTestEmulator();
    const { control } = emulator;
    const { call } = await signIn(emulator);
    const channel = (await call('POST', '/api/v2/notifications/channels')).body;
    const { conversationId } = control.start({ queue: 'Support' });
    const topic = `v2.detail.events.conversation.${conversationId}.attributes`;
    await call('PUT', `/api/v2/notifications/channels/${channel.id}/subscriptions`, [
      { id: topic },
    ]);
    await using socket = await openSocket(channel.connectUri);
    control.addFault({ kind: 'drop-frame', topic, times: 1 });
    control.addFault({ kind: 'duplicate-frame', topic, skip: 1, times: 1 });
    for (const key of ['lost', 'twice', 'once'])
      control.writeAttributes(conversationId, { [key]: 'x' });
    const keys: string[] = [];
    while (keys.at(-1) !== 'once') {
      const frame = await socket.next((f) => f.topicName === topic);
      keys.push(...Object.keys(frame.eventBody.attributes));
    }
    expect(keys).toEqual(['twice', 'twice', 'once']);
  });

  it('answers nothing on a muted socket, not even a ping', async () => {
    await using emulator = await startTestEmulator({ heartbeatMs: 30_000 });
    const { control } = emulator;
    const { call } = await signIn(emulator);
    const channel = (await call('POST', '/api/v2/notifications/channels')).body;
    await using socket = await openSocket(channel.connectUri);
    const ping = async (): Promise<void> => {
      socket.socket.send(JSON.stringify({ message: 'ping' }));
      // The protocol's own ping is answered in turn, so ours has been heard by then.
      const isHeard = new Promise((resolve) => socket.socket.once('pong', resolve));
      socket.socket.ping();
      await isHeard;
    };
    control.addFault({ kind: 'mute-socket', times: 1, forMs: 45_000 });
    await control.advance(30_000);
    await ping();
    expect(socket.frames).toEqual([]);
    await control.advance(45_000);
    await ping();
    expect(socket.frames).toMatchObject([{ eventBody: { message: 'pong' } }]);
  });
});
