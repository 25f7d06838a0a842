import type { IncomingMessage, ServerResponse } from 'node:http';
import { messageOf } from '../../domain/errors.ts';
import type { Log } from '../../lib/log.ts';
import type { TokenRequest } from '../oauth/token-endpoint.ts';
import { handleApi, type ApiParts, type Passage } from './api.ts';
import { parseForm, parseJson, readBody } from './body.ts';
import { internalError, methodNotAllowed, notFound } from './errors.ts';
import { serveUnderFaults, type Ending, type FaultParts } from './faults.ts';
import { toErrorBody, PlatformError } from './platform-error.ts';
import type { Recorder } from './recorder.ts';
import type { Answer } from './route.ts';
import { targetOf, type Target } from './target.ts';
import { write } from './write.ts';

export interface FrontParts {
  readonly api: ApiParts;
  readonly faults: FaultParts;
  readonly tokenEndpoint: (request: TokenRequest) => Answer | Promise<Answer>;
  readonly pages: (request: PageRequest) => Answer;
  readonly control: (request: ControlRequest) => Answer | Promise<Answer>;
  readonly recorder: Recorder;
  readonly log: Log;
  readonly newCorrelationId: () => string;
}

/** A request to the control API. */
export interface ControlRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly readBody: () => Promise<unknown>;
}

/** A browser's request for a page. */
export interface PageRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly form: URLSearchParams;
}

interface Incoming {
  readonly request: IncomingMessage;
  readonly method: string;
  readonly target: Target;
  readonly query: URLSearchParams;
  readonly passage: Passage;
  /** Read as it comes in, whatever a fault delays: what has arrived is served though its sender is gone. */
  readonly body: Promise<Buffer>;
}

/** Answers every HTTP request: finds its kind, lets the room answer, writes and records the answer. */
export function createFront(
  parts: FrontParts,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    const { target, query } = targetOf(request.url ?? '/');
    const method = request.method ?? 'GET';
    const passage: Passage = { limitHeaders: {}, faults: [] };
    const correlationId = parts.newCorrelationId();
    const body = readBody(request);
    // It may fail before anybody waits for it, or be of no interest.
    body.catch(() => undefined);
    const incoming = { request, method, target, query, passage, body };
    const ending = await end(parts, incoming, correlationId);
    const answer = ending.kind === 'answer' ? ending.answer : { status: 0 };
    const headers = {
      ...passage.limitHeaders,
      ...answer.headers,
      'inin-correlation-id': correlationId,
    };
    if (target.kind !== 'control') {
      const path = request.url ?? '/';
      const { headers: requestHeaders } = request;
      const what = { method, path, target, passage, ending, requestHeaders, headers };
      parts.recorder.record({ ...what, correlationId });
    }
    if (ending.kind === 'answer') write(request, response, { ...ending.answer, headers });
    if (ending.kind === 'reset') request.socket.resetAndDestroy();
  };
}

/** Control calls and pages are the emulator's own: no fault touches them. */
async function end(parts: FrontParts, incoming: Incoming, correlationId: string): Promise<Ending> {
  const { target, request, passage } = incoming;
  try {
    if (target.kind === 'control' || target.kind === 'page') {
      return { kind: 'answer', answer: await serveOwn(parts, incoming) };
    }
    const subject = {
      ...subjectOf(parts, incoming),
      authorization: request.headers.authorization,
      onFaults: (rules: readonly string[]) => void (passage.faults = rules),
    };
    return await serveUnderFaults(parts.faults, subject, () => serve(parts, incoming));
  } catch (error) {
    const isCutOff = request.destroyed && !request.complete;
    if (isCutOff || parts.faults.stopped.aborted) return { kind: 'reset' };
    return { kind: 'answer', answer: answerFor(parts, error, correlationId) };
  }
}

function subjectOf(
  parts: FrontParts,
  { method, target }: Incoming,
): { readonly operation: string; readonly conversationId: string | undefined } {
  const match = target.kind === 'api' ? parts.api.router.match(method, target.path) : undefined;
  if (match?.kind !== 'route') {
    return { operation: `${method} ${target.path}`, conversationId: undefined };
  }
  const { route, params } = match;
  return { operation: `${method} ${route.path}`, conversationId: params['conversationId'] };
}

async function serve(parts: FrontParts, incoming: Incoming): Promise<Answer> {
  const { request, method, target, query, passage } = incoming;
  const { authorization } = request.headers;
  if (target.kind === 'api') {
    const api = { method, path: target.path, query, authorization, readBody: readJson(incoming) };
    return handleApi(parts.api, api, passage);
  }
  if (target.kind !== 'token') throw notFound();
  if (method !== 'POST') throw methodNotAllowed(['POST']);
  const form = parseForm(await incoming.body);
  for (const [name, value] of query) if (!form.has(name)) form.set(name, value);
  return parts.tokenEndpoint({ form, authorization });
}

async function serveOwn(parts: FrontParts, incoming: Incoming): Promise<Answer> {
  const { method, target, query, body } = incoming;
  const { path } = target;
  if (target.kind === 'control') {
    return parts.control({ method, path, query, readBody: readJson(incoming) });
  }
  return parts.pages({ method, path, query, form: parseForm(await body) });
}

const readJson =
  ({ request, body }: Incoming) =>
  async (): Promise<unknown> =>
    parseJson(await body, request.headers['content-type']);

function answerFor(parts: FrontParts, error: unknown, correlationId: string): Answer {
  const known = error instanceof PlatformError ? error : internalError();
  if (known !== error) {
    const stack = error instanceof Error ? error.stack : undefined;
    parts.log.error('emulator.defect', { message: messageOf(error), stack, correlationId });
  }
  const { status } = known;
  const { headers } = known.parts;
  return { status, body: toErrorBody(known, correlationId), ...(headers && { headers }) };
}
