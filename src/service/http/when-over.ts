import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/**
 * Tells of every answer that is over, sent or not. Fastify's own hook never comes for a stream whose
 * reader has hung up, which is how most streams end.
 */
export function whenOver(
  app: FastifyInstance,
  tell: (request: FastifyRequest, reply: FastifyReply) => void,
): void {
  app.addHook('onRequest', async (request, reply) => {
    if (isStream(request)) reply.raw.once('close', () => tell(request, reply));
  });
  app.addHook('onResponse', async (request, reply) => {
    if (!isStream(request)) tell(request, reply);
  });
}

const isStream = ({ routeOptions }: FastifyRequest): boolean =>
  routeOptions.config.isStream === true;
