import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';
import { connectWebSocket } from './web-socket.ts';

interface Server extends AsyncDisposable {
  readonly uri: string;
  readonly accepted: Promise<WebSocket>;
}

async function startServer(): Promise<Server> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const accepted = Promise.withResolvers<WebSocket>();
  server.on('connection', (socket) => {
    socket.send('first');
    accepted.resolve(socket);
  });
  return {
    uri: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/channels/x`,
    accepted: accepted.promise,
    async [Symbol.asyncDispose]() {
      for (const client of server.clients) client.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const noHandlers = { onText: () => undefined, onClose: () => undefined };
const never = new AbortController().signal;

describe('connectWebSocket', () => {
  it('reads what comes with the opening, sends, and hears of the end', async () => {
    await using server = await startServer();
    const first = Promise.withResolvers<string>();
    const end = Promise.withResolvers<number>();
    const handlers = { onText: first.resolve, onClose: end.resolve };
    const socket = await connectWebSocket(server.uri, handlers, never);
    expect(await first.promise).toBe('first');
    const far = await server.accepted;
    socket.send('ping');
    expect(String((await once(far, 'message'))[0])).toBe('ping');
    far.close(1012);
    expect(await end.promise).toBe(1012);
  });

  it('does not report an end that is our own', async () => {
    await using server = await startServer();
    let ends = 0;
    const handlers = { ...noHandlers, onClose: () => void (ends += 1) };
    const socket = await connectWebSocket(server.uri, handlers, never);
    const far = await server.accepted;
    socket.close();
    await once(far, 'close');
    expect(ends).toBe(0);
  });

  it('says why it could not be opened', async () => {
    let uri = '';
    {
      await using server = await startServer();
      uri = server.uri;
    }
    await expect(connectWebSocket(uri, noHandlers, never)).rejects.toMatchObject({
      code: 'ERR_CHANNEL_SOCKET',
      retryable: true,
    });
  });

  it('gives up when its signal aborts', async () => {
    await using server = await startServer();
    const controller = new AbortController();
    const opening = connectWebSocket(server.uri, noHandlers, controller.signal);
    controller.abort(new Error('too late'));
    await expect(opening).rejects.toThrow('too late');
  });

  it.each(['http://127.0.0.1/x', 'ws://streaming.example/x', 'nonsense'])(
    'refuses %s, since the address is a secret',
    async (uri) => {
      await expect(connectWebSocket(uri, noHandlers, never)).rejects.toMatchObject({
        code: 'ERR_CHANNEL_ADDRESS',
      });
    },
  );
});
