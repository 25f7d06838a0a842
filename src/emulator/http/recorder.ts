import type { IncomingHttpHeaders } from 'node:http';
import type { Log } from '../../lib/log.ts';
import { announceAnswer } from '../diagnostics.ts';
import type { World } from '../world/world.ts';
import type { Passage } from './api.ts';
import type { Ending } from './faults.ts';
import type { Exchange, RequestLog } from './request-log.ts';
import type { Answer } from './route.ts';
import type { Target } from './target.ts';

export interface RecorderParts {
  readonly world: World;
  readonly log: Log;
  readonly requests: RequestLog;
  /** The operation that the caller of a wrong one probably meant. */
  readonly truePath: (method: string, path: string) => string | undefined;
  readonly onExchange: ((exchange: Exchange) => void) | undefined;
}

export interface Recorded {
  readonly method: string;
  /** As it was sent, with the query. */
  readonly path: string;
  readonly target: Target;
  readonly passage: Passage;
  readonly ending: Ending;
  readonly requestHeaders: IncomingHttpHeaders;
  readonly headers: Readonly<Record<string, string>>;
  readonly correlationId: string;
}

/** Keeps, logs and announces what was asked and answered. */
export interface Recorder {
  record(what: Recorded): void;
}

export function createRecorder(parts: RecorderParts): Recorder {
  const { world, log, requests, onExchange } = parts;
  return {
    record(what) {
      const { method, path, target, passage, ending, headers, correlationId } = what;
      const answer: Answer = ending.kind === 'answer' ? ending.answer : { status: 0 };
      const isMiss =
        passage.route === undefined && (answer.status === 404 || answer.status === 405);
      const hint = isMiss ? parts.truePath(method, target.path) : undefined;
      const exchange = requests.add({
        at: world.now(),
        method,
        path,
        operation: passage.route === undefined ? undefined : `${method} ${passage.route.path}`,
        clientId: passage.token?.client.id,
        ending: ending.kind,
        status: answer.status,
        code: codeOf(answer),
        hint,
        faults: passage.faults,
        correlationId,
        requestHeaders: withoutSecrets(what.requestHeaders),
        requestBody: passage.body,
        responseBody: target.kind === 'token' ? withoutTokens(answer.body) : answer.body,
        responseHeaders: headers,
      });
      const { operation, status, code, faults } = exchange;
      const fields = { method, path: target.path, status, code, correlationId };
      log.debug('emulator.request', { ...fields, operation, ending: ending.kind, faults });
      if (hint !== undefined) log.warn('emulator.wrong-path', { ...fields, use: hint });
      onExchange?.(exchange);
      const isPlatform = passage.route?.isTutorial !== true;
      if (ending.kind === 'answer' && isPlatform) announceAnswer(exchange, target.path);
    },
  };
}

/** What may be kept of a request's headers. */
function withoutSecrets(headers: IncomingHttpHeaders): Record<string, string> {
  const { authorization: _, cookie: __, ...open } = headers;
  const texts = Object.entries(open).filter((entry): entry is [string, string] => {
    return typeof entry[1] === 'string';
  });
  return Object.fromEntries(texts);
}

/** What is kept of a sign-in's answer: all but the tokens. */
function withoutTokens(body: unknown): unknown {
  if (typeof body !== 'object' || body === null) return body;
  const hidden = Object.entries(body).filter(([name, value]) => name.endsWith('_token') && value);
  return { ...body, ...Object.fromEntries(hidden.map(([name]) => [name, '(not kept)'])) };
}

function codeOf({ status, body }: Answer): string | undefined {
  if (status < 400 || typeof body !== 'object' || body === null) return undefined;
  if ('code' in body && typeof body.code === 'string') return body.code;
  return 'error' in body && typeof body.error === 'string' ? body.error : undefined;
}
