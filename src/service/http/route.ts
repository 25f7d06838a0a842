import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Principal, Scope } from '../../access/principal.ts';
import { RapportError } from '../../domain/errors.ts';
import type { InputProblem } from './problem.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a caller must be allowed; a route without it does not start. */
    access?: Access;
    /** Stays open; bounded by the number of streams, not by that of requests. */
    isStream?: boolean;
    /** Where a request says which conversation it is about; absent where it is about none or all. */
    subject?: 'conversation' | 'body' | undefined;
    /** The operation's name in logs and metrics. */
    operationId?: string;
  }
  interface FastifyRequest {
    /** Who sent this, once the guard knows. */
    principal: Principal | undefined;
  }
}

/** A scope; `anyone` for what tells nothing of customers; `own` where the route checks by itself. */
export type Access = Scope | 'anyone' | 'own';

export interface Answer {
  readonly description: string;
  /** Left out for a body that is no JSON, or that has no fixed form; and for a problem. */
  readonly schema?: z.ZodType | undefined;
  readonly mediaType?: string | undefined;
}

/** What is told of a route; the OpenAPI document and the page are made from it. */
export interface RouteDoc {
  readonly method: 'GET' | 'POST' | 'PATCH';
  /** With `{name}` for what varies. */
  readonly path: string;
  /** Unique; the name of the operation in generated clients. */
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string | undefined;
  readonly access: Access;
  /** `body`: its handler asks `assertSees` for the conversation that the body names. */
  readonly subject?: 'body' | undefined;
  /** Whether it stays open. */
  readonly isStream?: boolean | undefined;
  readonly query?: z.ZodType | undefined;
  readonly body?: z.ZodType | undefined;
  /** A body that is taken as it stands. */
  readonly example?: Readonly<Record<string, unknown>> | undefined;
  /** Whether the body stays text, of whatever type it is sent as. */
  readonly isText?: boolean | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** By status: those that the route gives by itself. `answersOf` adds what all of them share. */
  readonly answers: Readonly<Record<number, Answer>>;
}

export interface Call<Query, Body> {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly body: Body;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

export interface RouteSpec<Query, Body> extends RouteDoc {
  readonly query?: z.ZodType<Query> | undefined;
  readonly body?: z.ZodType<Body> | undefined;
  /** Its result is the answer's body, with the status set on `reply`, 200 unless told. */
  readonly handle: (call: Call<Query, Body>) => unknown;
}

/** A route with its types forgotten, so that routes can be listed. */
export interface Route extends RouteDoc {
  readonly run: (request: FastifyRequest, reply: FastifyReply) => unknown;
}

/** One declaration for what is checked, what is done, and what is told of it. */
export function route<Query = undefined, Body = undefined>(spec: RouteSpec<Query, Body>): Route {
  const { handle, ...doc } = spec;
  return {
    ...doc,
    run(request, reply) {
      const query = spec.query && parseInput(spec.query, request.query ?? {}, 'query');
      const body = spec.body && parseInput(spec.body, request.body ?? {}, 'body');
      return handle({
        params: request.params as Readonly<Record<string, string>>,
        // Undefined exactly where the spec has no schema, and so the type says undefined.
        query: query as Query,
        body: body as Body,
        request,
        reply,
      });
    },
  };
}

export function addRoutes(app: FastifyInstance, routes: readonly Route[]): void {
  for (const { method, path, access, isStream = false, operationId, run, ...doc } of routes) {
    const subject = path.startsWith('/v1/conversations/{id}') ? 'conversation' : doc.subject;
    const url = path.replaceAll(/\{(\w+)\}/g, ':$1');
    app.route({
      method,
      url,
      // A stream without a body would be one that never ends.
      exposeHeadRoute: method === 'GET' && !isStream,
      config: { access, isStream, operationId, subject },
      handler: run,
    });
  }
}

/** @throws {RapportError} `ERR_INVALID_INPUT`, with every problem and its place */
function parseInput<T>(schema: z.ZodType<T>, value: unknown, where: 'query' | 'body'): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue): InputProblem => ({
    path: [where, ...issue.path.map(String)].join('.'),
    message: issue.message,
  }));
  throw new RapportError({
    code: 'ERR_INVALID_INPUT',
    message: problems.map(({ path, message }) => `${path}: ${message}`).join('; '),
    nextStep: 'Correct what is listed; /docs says what each operation takes.',
    details: { httpStatus: 422, problems },
  });
}
