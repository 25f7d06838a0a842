import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { RapportError } from '../../domain/errors.ts';

export interface ServerParts {
  readonly host: string;
  readonly port: number;
  readonly onRequest: (request: IncomingMessage, response: ServerResponse) => void;
  readonly onUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

export interface RunningServer extends AsyncDisposable {
  readonly port: number;
}

/** Listens; the answer is there once it does. @throws {RapportError} `ERR_PORT_IN_USE`, `ERR_CANNOT_LISTEN` */
export async function startServer(parts: ServerParts): Promise<RunningServer> {
  const { host, port } = parts;
  const server = createServer(parts.onRequest);
  server.on('upgrade', parts.onUpgrade);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(cannotListen(error, parts)));
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => stop(server),
  };
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function cannotListen(error: NodeJS.ErrnoException, { host, port }: ServerParts): RapportError {
  if (error.code === 'EADDRINUSE') {
    return new RapportError({
      code: 'ERR_PORT_IN_USE',
      message: `port ${port} on ${host} is in use`,
      nextStep: 'Stop the other program, or choose another port; 0 takes any free one.',
      cause: error,
    });
  }
  return new RapportError({
    code: 'ERR_CANNOT_LISTEN',
    message: `cannot listen on ${host}:${port}: ${error.message}`,
    nextStep: 'Choose a host of this machine and a port from 0 to 65535 that you may open.',
    cause: error,
  });
}
