import { connect, createServer, type AddressInfo } from 'node:net';

export interface CountingProxy extends AsyncDisposable {
  readonly port: number;
  /** What the server has sent through, in bytes. */
  readonly sentBytes: number;
  /** Resolves when the client has closed a connection. */
  readonly closed: Promise<void>;
}

/** Stands in front of a server and counts what it sends. */
export async function startCountingProxy(to: {
  readonly host: string;
  readonly port: number;
}): Promise<CountingProxy> {
  let sentBytes = 0;
  const closed = Promise.withResolvers<void>();
  // Half open as a server's own connections are: one side that has nothing more to say may still listen.
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const onward = connect({ ...to, allowHalfOpen: true });
    client.on('error', () => onward.destroy());
    onward.on('error', () => client.destroy());
    client.once('close', () => {
      onward.destroy();
      closed.resolve();
    });
    onward.on('data', (chunk: Buffer) => void (sentBytes += chunk.length));
    client.pipe(onward);
    onward.pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    // A TCP server that listens has an address with a port.
    port: (server.address() as AddressInfo).port,
    get sentBytes() {
      return sentBytes;
    },
    closed: closed.promise,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
