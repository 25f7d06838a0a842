import type { AnswerFacts } from '../budget/budget.ts';
import { PlatformError } from '../errors.ts';
import { parseJson } from '../transport/json.ts';
import { parseRetryAfter } from '../../lib/retry-after.ts';
import type { WireAnswer } from '../transport/wire.ts';
import { parseErrorBody, toPlatformError } from './answer-error.ts';
import type { PlatformAnswer, PlatformRequest } from './platform-request.ts';
import { parseRateHeaders } from './rate-headers.ts';

export interface ReadAnswer {
  /** What the budget learns. */
  readonly facts: AnswerFacts;
  readonly correlationId: string | undefined;
  readonly outcome: { readonly answer: PlatformAnswer } | { readonly error: PlatformError };
}

export function readAnswer(
  request: PlatformRequest,
  wireAnswer: WireAnswer,
  context: { readonly isRepeatable: boolean; readonly nowWallMs: number },
): ReadAnswer {
  const { status, headers } = wireAnswer;
  const body = parseJson(wireAnswer.body);
  const isOk = status >= 200 && status < 300;
  const errorBody = parseErrorBody(isOk ? undefined : body);
  const retryAfterMs = parseRetryAfter(headers.get('retry-after'), context.nowWallMs);
  const correlationId = headers.get('inin-correlation-id')?.slice(0, 200) ?? errorBody.contextId;
  const facts = {
    status,
    rate: parseRateHeaders(headers),
    retryAfterMs,
    limitKey: errorBody.limitKey,
  };
  if (!isOk) {
    const { isRepeatable } = context;
    const failed = { request, status, body: errorBody, correlationId, retryAfterMs, isRepeatable };
    return { facts, correlationId, outcome: { error: toPlatformError(failed) } };
  }
  if (body === undefined && isSomethingElse(wireAnswer)) {
    const type = headers.get('content-type') ?? 'a body of no type';
    return {
      facts,
      correlationId,
      outcome: { error: unexpectedAnswer(request, `status ${status} with ${type.slice(0, 100)}`) },
    };
  }
  return { facts, correlationId, outcome: { answer: { status, headers, body, correlationId } } };
}

/** A login page or a proxy's notice; an empty body or a line of plain text is an answer. */
function isSomethingElse({ body, headers }: WireAnswer): boolean {
  return body.length > 0 && !(headers.get('content-type') ?? '').startsWith('text/plain');
}

/** A 2xx whose body is not what the contract says. */
export function unexpectedAnswer(
  request: Pick<PlatformRequest, 'operation' | 'method' | 'path'>,
  found: string,
): PlatformError {
  return new PlatformError({
    code: 'ERR_GENESYS_UNEXPECTED_ANSWER',
    operation: request.operation,
    message: `${request.operation} (${request.method} ${request.path}) answered ${found}, which is not what the platform's contract says`,
    nextStep: 'Check the region or the API URL: a proxy or a login page may have answered.',
  });
}
