import type { IncomingHttpHeaders } from 'node:http';
import { messageOf } from '../../domain/errors.ts';
import type { Log } from '../../lib/log.ts';
import type { TokenRequest } from '../oauth/token-endpoint.ts';
import { handleApi, type ApiParts, type Passage } from './api.ts';
import { parseForm, parseJson } from './body.ts';
import { internalError, methodNotAllowed, notFound } from './errors.ts';
import { serveUnderFaults, type Ending, type FaultParts } from './faults.ts';
import { toErrorBody, PlatformError } from './platform-error.ts';
import type { Recorder } from './recorder.ts';
import type { Answer } from './route.ts';
import { targetOf, type Target } from './target.ts';

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

/** A request, whatever brought it. */
export interface Arrival {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: IncomingHttpHeaders;
  /** Read as it comes in, whatever a fault delays: what has arrived is served though its sender is gone. */
  readonly body: Promise<Buffer>;
  /** Whether its sender went before all of it had come. */
  readonly isCutOff: () => boolean;
}

/** What becomes of it: an answer with all its headers, or none. */
export interface Departure {
  readonly ending: Ending;
  readonly headers: Readonly<Record<string, string>>;
}

export type Front = (arrival: Arrival) => Promise<Departure>;

interface Incoming {
  readonly arrival: Arrival;
  readonly method: string;
  readonly target: Target;
  readonly query: URLSearchParams;
  readonly passage: Passage;
}

/** Answers every request: finds its kind, lets the room answer, and records the answer. */
export function createFront(parts: FrontParts): Front {
  return async (arrival) => {
    const { method, url } = arrival;
    const { target, query } = targetOf(url);
    const passage: Passage = { limitHeaders: {}, faults: [] };
    const correlationId = parts.newCorrelationId();
    // It may fail before anybody waits for it, or be of no interest.
    arrival.body.catch(() => undefined);
    const ending = await end(parts, { arrival, method, target, query, passage }, correlationId);
    const answer = ending.kind === 'answer' ? ending.answer : { status: 0 };
    const headers = {
      ...passage.limitHeaders,
      ...answer.headers,
      'inin-correlation-id': correlationId,
    };
    if (target.kind !== 'control') {
      const { headers: requestHeaders } = arrival;
      const what = { method, path: url, target, passage, ending, requestHeaders, headers };
      parts.recorder.record({ ...what, correlationId });
    }
    return { ending, headers };
  };
}

/** Control calls and pages are the emulator's own: no fault touches them. */
async function end(parts: FrontParts, incoming: Incoming, correlationId: string): Promise<Ending> {
  const { target, arrival, passage } = incoming;
  try {
    if (target.kind === 'control' || target.kind === 'page') {
      return { kind: 'answer', answer: await serveOwn(parts, incoming) };
    }
    const subject = {
      ...subjectOf(parts, incoming),
      authorization: arrival.headers.authorization,
      onFaults: (rules: readonly string[]) => void (passage.faults = rules),
    };
    return await serveUnderFaults(parts.faults, subject, () => serve(parts, incoming));
  } catch (error) {
    if (arrival.isCutOff() || parts.faults.stopped.aborted) return { kind: 'reset' };
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
  const { arrival, method, target, query, passage } = incoming;
  const { authorization } = arrival.headers;
  if (target.kind === 'api') {
    const api = { method, path: target.path, query, authorization, readBody: readJson(arrival) };
    return handleApi(parts.api, api, passage);
  }
  if (target.kind !== 'token') throw notFound();
  if (method !== 'POST') throw methodNotAllowed(['POST']);
  const form = parseForm(await arrival.body);
  for (const [name, value] of query) if (!form.has(name)) form.set(name, value);
  return parts.tokenEndpoint({ form, authorization });
}

async function serveOwn(parts: FrontParts, incoming: Incoming): Promise<Answer> {
  const { arrival, method, target, query } = incoming;
  const { path } = target;
  if (target.kind === 'control') {
    return parts.control({ method, path, query, readBody: readJson(arrival) });
  }
  return parts.pages({ method, path, query, form: parseForm(await arrival.body) });
}

const readJson = (arrival: Arrival) => async (): Promise<unknown> =>
  parseJson(await arrival.body, arrival.headers['content-type']);

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
