import fastify, { type FastifyError, type FastifyInstance } from 'fastify';
import { isRapportError } from '../../domain/errors.ts';
import type { Log } from '../../lib/log.ts';
import { addAnswerLog, createRequestIds, pathOf, requestFields } from './answer-log.ts';
import { addCors } from './cors.ts';
import { addGuard } from './guard.ts';
import { endConnections } from './end-connections.ts';
import { problemOfFramework } from './framework-problem.ts';
import { createProblem, problemOf, SAFE_HEADERS, sendProblem, type Problem } from './problem.ts';
import { refuseInWords, refuseUnreadable } from './refuse-unreadable.ts';
import { addRoutes } from './route.ts';
import type { HttpRooms } from './rooms.ts';
import { contextRoutes } from './routes/context.ts';
import { conversationRoutes } from './routes/conversations.ts';
import { deliveryRoutes } from './routes/deliveries.ts';
import { docsRoutes } from './routes/docs.ts';
import { erasureRoutes } from './routes/erasures.ts';
import { addTextRoutes, eventRoutes } from './routes/events.ts';
import { healthRoutes } from './routes/health.ts';
import { lookupRoutes } from './routes/lookup.ts';
import { operationRoutes } from './routes/operations.ts';
import { streamRoutes } from './routes/streams.ts';

/** Largest body accepted, in bytes; the platform's own limit for a request (512,000) with room for an envelope. */
const MAX_BODY_BYTES = 1_048_576;
/** How long a request may take to arrive, head and body, in milliseconds. */
const ARRIVAL_MS = 30_000;
/** How often it is looked for those that are too slow. */
const ARRIVAL_CHECK_MS = 5000;

/** How long requests under way may take to be answered at shutdown, in milliseconds. */
const GRACE_MS = 5000;

export interface HttpOptions {
  /** @defaultValue `127.0.0.1` */
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly rooms: HttpRooms;
  readonly log: Log;
  /** Of this package; the OpenAPI document names it. */
  readonly version?: string | undefined;
  readonly limits?: Partial<HttpLimits> | undefined;
}

export interface HttpLimits {
  /** Origins of pages that may call from a browser. @defaultValue none */
  readonly origins: readonly string[];
  /** Of one caller. @defaultValue 1000 */
  readonly requestsPerSecond: number;
  /** Requests that may be under way at once, streams not counted. @defaultValue 2000 */
  readonly maxConcurrent: number;
  /** @defaultValue 16,384 */
  readonly maxHeaderBytes: number;
}

/**
 * Routes check with Zod, in `route.ts`, and give Fastify no schemas. Without these it loads two
 * compilers for them at the start, a hundred modules that are then never asked.
 */
const NO_COMPILERS = { buildValidator: refuseSchemas, buildSerializer: refuseSchemas };

function refuseSchemas(): never {
  throw new TypeError('a route has a Fastify schema; routes are checked by their Zod schemas');
}

const LIMITS: HttpLimits = {
  origins: [],
  requestsPerSecond: 1000,
  maxConcurrent: 2000,
  maxHeaderBytes: 16_384,
};

export interface HttpServer extends AsyncDisposable {
  readonly url: string;
}

/**
 * Starts the HTTP interface. Routes live one file per noun in `routes/`; each takes the rooms it
 * calls, and is declared once: what it takes is checked and described by the same schema. Every error, the framework's own included, is a problem document.
 *
 * @throws {RapportError} `ERR_PORT_IN_USE`, `ERR_PORT_REFUSED`, `ERR_HOST_UNKNOWN`
 */
export async function startHttpServer(options: HttpOptions): Promise<HttpServer> {
  const app = createApp(options);
  const { listen } = await import('./listen.ts');
  const url = await listen(app, options);
  return {
    url,
    async [Symbol.asyncDispose]() {
      const late = options.rooms.clock.timer(GRACE_MS, () => app.server.closeAllConnections());
      await app.close();
      late.cancel();
    },
  };
}

/** The application without a port; `app.inject()` tests it. */
export function createApp(options: Omit<HttpOptions, 'host' | 'port'>): FastifyInstance {
  const { rooms, log, version = '0' } = options;
  const limits = { ...LIMITS, ...options.limits };
  const app = fastify({
    logger: false,
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: ARRIVAL_MS,
    http: {
      maxHeaderSize: limits.maxHeaderBytes,
      // Beside a longer time for the head, Node takes the two for each other, and the body has the longer one.
      headersTimeout: ARRIVAL_MS,
      requestTimeout: ARRIVAL_MS,
      connectionsCheckingInterval: ARRIVAL_CHECK_MS,
      requireHostHeader: false,
    },
    genReqId: createRequestIds(rooms.newId()),
    clientErrorHandler: refuseUnreadable,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 200 },
    schemaController: { compilersFactory: NO_COMPILERS },
    // Keys such as __proto__ stay what they are: data. No schema of ours merges a body into anything.
    onProtoPoisoning: 'ignore',
    onConstructorPoisoning: 'ignore',
    // A path that cannot be read never comes to a route, and so not to the handler of errors.
    frameworkErrors: (error, _request, reply) => void sendProblem(reply, toProblem(error)),
  });
  takeEmptyJson(app);
  refuseInWords(app);
  addSafeHeaders(app);
  addCors(app, limits.origins);
  addGuard(app, { ...rooms, ...limits });
  addAnswerLog(app, log, rooms.onAnswered);
  endConnections(app, rooms.feed);
  addErrors(app, log);
  const json = [
    ...healthRoutes(rooms),
    ...conversationRoutes(rooms),
    ...contextRoutes(rooms),
    ...lookupRoutes(rooms),
    ...streamRoutes(rooms),
    ...operationRoutes(rooms),
    ...deliveryRoutes(rooms),
    ...erasureRoutes(rooms),
  ];
  const text = eventRoutes(rooms);
  addRoutes(app, [...json, ...docsRoutes([...json, ...text], version)]);
  addTextRoutes(app, text);
  return app;
}

/** No body is an empty one, also where a client names its type as it does for every request. */
function takeEmptyJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('ignore', 'ignore');
  app.addContentTypeParser<string>(
    'application/json',
    { parseAs: 'string' },
    (request, body, done) => {
      if (body === '') done(null, undefined);
      else void parse(request, body, done);
    },
  );
}

function addSafeHeaders(app: FastifyInstance): void {
  app.addHook('onRequest', async (_request, reply) => {
    void reply.headers(SAFE_HEADERS);
  });
}

function addErrors(app: FastifyInstance, log: Log): void {
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
    const { status, code } = problem;
    const fields = { ...requestFields(request), status, code, message: error.message };
    // What is away says so once, in a line of its own, and not with each request that it turns away.
    if (status === 503 && isRapportError(error)) log.debug('http.turned-away', fields);
    else if (status >= 500) log.error('http.failed', fields);
    void reply.header('x-request-id', request.id);
    const retryAfterMs = isRapportError(error) ? error.details['retryAfterMs'] : undefined;
    if (typeof retryAfterMs === 'number') {
      void reply.header('retry-after', String(Math.max(1, Math.ceil(retryAfterMs / 1000))));
    }
    return sendProblem(reply, problem);
  });
}

function toProblem(error: FastifyError): Problem {
  return isRapportError(error) ? problemOf(error) : problemOfFramework(error);
}
