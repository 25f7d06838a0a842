import type { IncomingMessage, ServerResponse } from 'node:http';
import { messageOf } from '../../domain/errors.ts';
import type { Log } from '../../lib/log.ts';
import { announceAnswer } from '../diagnostics.ts';
import type { World } from '../world/world.ts';
import type { TokenRequest } from '../oauth/token-endpoint.ts';
import { handleApi, type ApiParts, type Passage } from './api.ts';
import { parseForm, parseJson, readBody } from './body.ts';
import { internalError, methodNotAllowed, notFound } from './errors.ts';
import { toErrorBody, PlatformError } from './platform-error.ts';
import type { Exchange, RequestLog } from './request-log.ts';
import type { Answer } from './route.ts';

export interface FrontParts {
  readonly world: World;
  readonly api: ApiParts;
  readonly tokenEndpoint: (request: TokenRequest) => Answer;
  readonly control: (request: ControlRequest) => Answer | Promise<Answer>;
  readonly log: Log;
  readonly requests: RequestLog;
  readonly newCorrelationId: () => string;
  readonly hintFor: (method: string, path: string) => string | undefined;
  readonly onExchange: ((exchange: Exchange) => void) | undefined;
}

export interface ControlRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly readBody: () => Promise<unknown>;
}

/** Where a request goes. Gateways put a prefix of their own before the platform's paths; it is dropped. */
type Target = { readonly kind: 'api' | 'token' | 'control' | 'other'; readonly path: string };

function targetOf(path: string): Target {
  if (path.startsWith('/control/')) return { kind: 'control', path };
  const api = path.indexOf('/api/v2/');
  if (api !== -1) return { kind: 'api', path: path.slice(api) };
  if (path.endsWith('/oauth/token')) return { kind: 'token', path: '/oauth/token' };
  return { kind: 'other', path };
}

/** Answers every HTTP request: finds its kind, lets the room answer, writes and records the answer. */
export function createFront(
  parts: FrontParts,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    const [rawPath, rawQuery] = splitUrl(request.url ?? '/');
    const target = targetOf(rawPath);
    const correlationId = parts.newCorrelationId();
    const passage: Passage = { limitHeaders: {} };
    let answer: Answer;
    try {
      answer = await dispatch(parts, {
        request,
        target,
        query: new URLSearchParams(rawQuery),
        passage,
      });
    } catch (error) {
      answer = answerFor(parts, error, correlationId);
    }
    const headers = {
      ...passage.limitHeaders,
      ...answer.headers,
      'inin-correlation-id': correlationId,
    };
    if (target.kind !== 'control') {
      const exchange = record(parts, { request, target, passage, answer, headers, correlationId });
      announceAnswer(exchange, target.path);
    }
    write(request, response, { ...answer, headers });
  };
}

function splitUrl(url: string): [string, string] {
  const at = url.indexOf('?');
  return at === -1 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)];
}

interface Incoming {
  readonly request: IncomingMessage;
  readonly target: Target;
  readonly query: URLSearchParams;
  readonly passage: Passage;
}

async function dispatch(parts: FrontParts, incoming: Incoming): Promise<Answer> {
  const { request, target, query, passage } = incoming;
  const method = request.method ?? 'GET';
  const readJson = async (): Promise<unknown> =>
    parseJson(await readBody(request), request.headers['content-type']);
  switch (target.kind) {
    case 'api': {
      const { authorization } = request.headers;
      const api = { method, path: target.path, query, authorization, readBody: readJson };
      return handleApi(parts.api, api, passage);
    }
    case 'token': {
      if (method !== 'POST') throw methodNotAllowed(['POST']);
      const form = parseForm(await readBody(request));
      for (const [name, value] of query) if (!form.has(name)) form.set(name, value);
      return parts.tokenEndpoint({ form, authorization: request.headers.authorization });
    }
    case 'control':
      return parts.control({ method, path: target.path, query, readBody: readJson });
    case 'other':
      throw notFound();
  }
}

function answerFor(parts: FrontParts, error: unknown, correlationId: string): Answer {
  let known: PlatformError;
  if (error instanceof PlatformError) known = error;
  else {
    parts.log.error('emulator.defect', {
      message: messageOf(error),
      stack: stackOf(error),
      correlationId,
    });
    known = internalError();
  }
  return {
    status: known.status,
    body: toErrorBody(known, correlationId),
    ...(known.parts.headers === undefined ? {} : { headers: known.parts.headers }),
  };
}

const stackOf = (error: unknown): string | undefined =>
  error instanceof Error ? error.stack : undefined;

function record(
  parts: FrontParts,
  what: Omit<Incoming, 'query'> & {
    readonly answer: Answer;
    readonly headers: Readonly<Record<string, string>>;
    readonly correlationId: string;
  },
): Exchange {
  const { request, target, passage, answer, headers, correlationId } = what;
  const method = request.method ?? 'GET';
  const isMiss = answer.status === 404 || answer.status === 405;
  const exchange = parts.requests.add({
    at: parts.world.now(),
    method,
    path: request.url ?? '/',
    operation: passage.route === undefined ? undefined : `${method} ${passage.route.path}`,
    clientId: passage.token?.client.id,
    status: answer.status,
    code: codeOf(answer),
    hint: isMiss && passage.route === undefined ? parts.hintFor(method, target.path) : undefined,
    correlationId,
    requestBody: passage.body,
    responseBody: answer.body,
    responseHeaders: headers,
  });
  const { status, code, hint, operation } = exchange;
  parts.log.debug('emulator.request', {
    method,
    path: target.path,
    operation,
    status,
    code,
    hint,
    correlationId,
  });
  if (hint !== undefined)
    parts.log.warn('emulator.wrong-path', { method, path: target.path, hint, correlationId });
  parts.onExchange?.(exchange);
  return exchange;
}

function codeOf({ status, body }: Answer): string | undefined {
  if (status < 400 || typeof body !== 'object' || body === null) return undefined;
  if ('code' in body && typeof body.code === 'string') return body.code;
  return 'error' in body && typeof body.error === 'string' ? body.error : undefined;
}

function write(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  const text = answer.body === undefined ? '' : JSON.stringify(answer.body);
  const payload = Buffer.from(text);
  const hasBody = payload.length > 0 && request.method !== 'HEAD' && answer.status !== 204;
  // What was not read of a body that was refused must not be taken for the next request.
  if (!request.complete) response.setHeader('connection', 'close');
  response.writeHead(answer.status, {
    ...(hasBody ? { 'content-type': 'application/json' } : {}),
    'content-length': hasBody ? payload.length : 0,
    ...answer.headers,
  });
  response.end(hasBody ? payload : undefined);
}
