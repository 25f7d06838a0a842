import type { FastifyInstance } from 'fastify';
import { RapportError } from '../../domain/errors.ts';

/** Binds the port and says in plain words why it could not. */
export async function listen(
  app: FastifyInstance,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<string> {
  try {
    return await app.listen({ host, port });
  } catch (error) {
    throw explain(error as NodeJS.ErrnoException, host, port);
  }
}

function explain(error: NodeJS.ErrnoException, host: string, port: number): unknown {
  const details = { host, port };
  switch (error.code) {
    case 'EADDRINUSE':
      return new RapportError({
        code: 'ERR_PORT_IN_USE',
        message: `port ${port} on ${host} is taken by another program`,
        nextStep: 'Stop that program, or choose another port (0 takes any free one).',
        details,
        cause: error,
      });
    case 'EACCES':
      return new RapportError({
        code: 'ERR_PORT_REFUSED',
        message: `this user may not listen on port ${port}`,
        nextStep: 'Choose a port of 1024 or above.',
        details,
        cause: error,
      });
    case 'ENOTFOUND':
    case 'EADDRNOTAVAIL':
      return new RapportError({
        code: 'ERR_HOST_UNKNOWN',
        message: `${host} is not an address of this machine`,
        nextStep: 'Use 127.0.0.1 for this machine only, or 0.0.0.0 for all its addresses.',
        details,
        cause: error,
      });
    default:
      return error;
  }
}
