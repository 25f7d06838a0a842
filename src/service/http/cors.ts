import type { FastifyInstance } from 'fastify';

/** How long a browser may remember what is allowed, in seconds. Browsers cap it at 2 hours or less. */
const MAX_AGE_S = 7200;

const ALLOWED_METHODS = 'GET, POST, PATCH';
const ALLOWED_HEADERS = 'authorization, content-type, idempotency-key, last-event-id';
const EXPOSED_HEADERS = 'retry-after, x-request-id';

/**
 * Lets pages of the given origins call from a browser. Every call still needs its key, person's token or
 * ticket: no cookie is ever read, so a page gains nothing by being called from.
 */
export function addCors(app: FastifyInstance, origins: readonly string[]): void {
  if (origins.length === 0) return;
  const allowed: ReadonlySet<string> = new Set(origins);
  app.addHook('onRequest', async (request, reply) => {
    void reply.header('vary', 'origin');
    const { origin } = request.headers;
    if (origin === undefined || !allowed.has(origin)) return;
    void reply
      .header('access-control-allow-origin', origin)
      .header('access-control-expose-headers', EXPOSED_HEADERS);
  });
  app.options('*', { config: { access: 'anyone' } }, (_request, reply) =>
    reply
      .code(204)
      .header('access-control-allow-methods', ALLOWED_METHODS)
      .header('access-control-allow-headers', ALLOWED_HEADERS)
      .header('access-control-max-age', MAX_AGE_S)
      .send(),
  );
}
