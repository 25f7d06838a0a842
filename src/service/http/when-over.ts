import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/**
 * Tells once of every answer that is over, sent or not. Fastify's own hook never comes for a stream
 * whose reader has hung up, which is how most streams end, nor for a request whose sender has before
 * all of it was there.
 */
export function whenOver(
  app: FastifyInstance,
  tell: (request: FastifyRequest, reply: FastifyReply) => void,
): void {
  const told = new WeakSet<FastifyRequest>();
  const tellOnce = (request: FastifyRequest, reply: FastifyReply): void => {
    if (told.has(request)) return;
    told.add(request);
    tell(request, reply);
  };
  app.addHook('onRequest', async (request, reply) => {
    reply.raw.once('close', () => {
      if (isStream(request) || !request.raw.complete) tellOnce(request, reply);
    });
  });
  app.addHook('onResponse', async (request, reply) => {
    if (!isStream(request)) tellOnce(request, reply);
  });
}

const isStream = ({ routeOptions }: FastifyRequest): boolean =>
  routeOptions.config.isStream === true;
