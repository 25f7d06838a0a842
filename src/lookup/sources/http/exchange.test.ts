import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent } from 'undici';
import { describe, expect, it } from 'vitest';
import { exchange, type HttpAnswer } from './exchange.ts';

interface Rig extends AsyncDisposable {
  readonly server: Server;
  ask(signal?: AbortSignal): Promise<HttpAnswer>;
}

async function startRig(listener: RequestListener): Promise<Rig> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // The address of a server that listens on a port.
  const { port } = server.address() as AddressInfo;
  const agent = new Agent({ connections: 1, headersTimeout: 0, bodyTimeout: 0 });
  return {
    server,
    ask: (signal = new AbortController().signal) =>
      exchange(agent, {
        method: 'GET',
        url: new URL(`http://127.0.0.1:${port}/?a=b`),
        headers: {},
        body: undefined,
        wantsBody: (status) => status === 200,
        maxBytes: 100,
        signal,
      }),
    async [Symbol.asyncDispose]() {
      await agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe('exchange', () => {
  it('throws a body away that is not wanted, and uses the connection again', async () => {
    let connections = 0;
    await using rig = await startRig((_request, response) => {
      response.writeHead(503).end('x'.repeat(10_000));
    });
    rig.server.on('connection', () => (connections += 1));
    for (let i = 0; i < 3; i += 1) {
      expect(await rig.ask()).toMatchObject({ status: 503, body: Buffer.alloc(0) });
    }
    expect(connections).toBe(1);
  });

  it('does not wait for the end of a long body that is not wanted', async () => {
    await using rig = await startRig((_request, response) => {
      response.writeHead(503).write('x'.repeat(100_000));
    });
    expect(await rig.ask()).toMatchObject({ status: 503, body: Buffer.alloc(0) });
  });

  it('gives the status of an answer that is cut in an unwanted body', async () => {
    await using rig = await startRig((_request, response) => {
      response.writeHead(503, { 'content-length': '50' }).write('x', () => response.destroy());
    });
    expect(await rig.ask()).toMatchObject({ status: 503 });
  });

  it('rejects with the signal’s reason, before the request and during the answer', async () => {
    const stopping = new AbortController();
    await using rig = await startRig((_request, response) => {
      response.writeHead(200).write('x', () => stopping.abort(new Error('enough')));
    });
    await expect(rig.ask(stopping.signal)).rejects.toThrow('enough');
    await expect(rig.ask(stopping.signal)).rejects.toThrow('enough');
  });
});
