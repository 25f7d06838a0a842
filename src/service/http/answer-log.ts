import type { FastifyInstance, FastifyRequest } from 'fastify';
import { actorOf } from '../../access/principal.ts';
import type { Log } from '../../lib/log.ts';
import type { HttpRooms } from './rooms.ts';
import { whenOver } from './when-over.ts';

/** Ids of requests: of this process, counted, so that making one costs nothing. */
export function createRequestIds(processId: string): () => string {
  let count = 0;
  return () => `${processId}-${(count += 1)}`;
}

/** Counts each answer, and writes a line for it at level `debug`. */
export function addAnswerLog(
  app: FastifyInstance,
  log: Log,
  onAnswered: HttpRooms['onAnswered'],
): void {
  whenOver(app, (request, reply) => {
    const { principal, routeOptions } = request;
    const { operationId = 'unknown', isStream } = routeOptions.config;
    onAnswered(operationId, reply.statusCode, isStream === true ? undefined : reply.elapsedTime);
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
