import fastify, { type FastifyError, type FastifyInstance, type FastifyRequest } from 'fastify';
import { isRapportError } from '../../domain/errors.ts';
import type { Log } from '../../lib/log.ts';
import { createProblem, problemOf, sendProblem, type Problem } from './problem.ts';
import { addConversationRoutes } from './routes/conversations.ts';
import { addEventRoutes } from './routes/events.ts';
import { addHealthRoutes } from './routes/health.ts';
import type { HttpRooms } from './rooms.ts';

/** Largest body accepted, in bytes; the platform's own limit for a request (512,000) with room for an envelope. */
const MAX_BODY_BYTES = 1_048_576;

export interface HttpOptions {
  /** @defaultValue `127.0.0.1` */
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly rooms: HttpRooms;
  readonly log: Log;
}

export interface HttpServer extends AsyncDisposable {
  readonly url: string;
}

/**
 * Starts the HTTP interface. Routes live one file per noun in `routes/`; each takes the rooms it
 * calls and nothing else. Every error, the framework's own included, is a problem document.
 *
 * @throws {RapportError} `ERR_PORT_BUSY`, `ERR_PORT_REFUSED`, `ERR_HOST_UNKNOWN`
 */
export async function startHttpServer(options: HttpOptions): Promise<HttpServer> {
  const app = createApp(options);
  const { listen } = await import('./listen.ts');
  const url = await listen(app, options);
  return {
    url,
    async [Symbol.asyncDispose]() {
      await app.close();
    },
  };
}

/** The application without a port; `app.inject()` tests it. */
export function createApp({ rooms, log }: Pick<HttpOptions, 'rooms' | 'log'>): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: MAX_BODY_BYTES,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 200 },
    // Keys such as __proto__ stay what they are: data. Bodies are parsed below, with nothing merged.
    onProtoPoisoning: 'ignore',
    onConstructorPoisoning: 'ignore',
  });
  app.addHook('onRequest', async (request) => {
    if (!isOpen(request)) rooms.authorize(request.headers.authorization);
  });
  app.setNotFoundHandler((request, reply) =>
    sendProblem(
      reply,
      createProblem({
        status: 404,
        code: 'ERR_NO_SUCH_ROUTE',
        detail: `there is no ${request.method} ${pathOf(request)}`,
        nextStep: 'See /openapi.json for what there is.',
      }),
    ),
  );
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const problem = toProblem(error);
    if (problem.status >= 500) {
      log.error('http.failed', {
        method: request.method,
        path: pathOf(request),
        code: problem.code,
        message: error.message,
      });
    }
    const retryAfterMs = isRapportError(error) ? error.details['retryAfterMs'] : undefined;
    if (typeof retryAfterMs === 'number') {
      void reply.header('retry-after', String(Math.max(1, Math.ceil(retryAfterMs / 1000))));
    }
    return sendProblem(reply, problem);
  });
  addHealthRoutes(app, rooms);
  addConversationRoutes(app, rooms);
  addEventRoutes(app, rooms);
  return app;
}

/** Health is for load balancers; it tells nothing about customers. Webhooks prove themselves by signature. */
function isOpen(request: FastifyRequest): boolean {
  const path = pathOf(request);
  return path === '/healthz' || path === '/readyz' || path === '/v1/events';
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] ?? request.url;
}

function toProblem(error: FastifyError): Problem {
  if (isRapportError(error)) return problemOf(error);
  const status = error.statusCode ?? 500;
  if (status >= 500) {
    return createProblem({
      status: 500,
      code: 'ERR_INTERNAL',
      detail: 'the service failed to handle this request',
    });
  }
  return createProblem({
    status,
    code: `ERR_${error.code.replace(/^FST_ERR_/, '')}`,
    detail: error.message,
  });
}
