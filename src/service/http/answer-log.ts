import type { FastifyInstance, FastifyRequest } from 'fastify';
import { actorOf } from '../../access/principal.ts';
import type { Log } from '../../lib/log.ts';

/** Ids of requests: of this process, counted, so that making one costs nothing. */
export function createRequestIds(processId: string): () => string {
  let count = 0;
  return () => `${processId}-${(count += 1)}`;
}

/** A line at level `debug` for each answer, and the request's id in it and in the log. */
export function addAnswerLog(app: FastifyInstance, log: Log): void {
  app.addHook('onResponse', async (request, reply) => {
    const { principal } = request;
    log.debug('http.answered', {
      ...requestFields(request),
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 10) / 10,
      actor: principal && actorOf(principal),
    });
  });
}

/** What every line about a request says. Never its query, which may hold a ticket. */
export function requestFields(request: FastifyRequest): Readonly<Record<string, unknown>> {
  return { requestId: request.id, method: request.method, path: pathOf(request) };
}

export function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] ?? request.url;
}
