import type { HttpAnswer } from './exchange.ts';
import { LookupError, type LookupErrorCode } from '../../errors.ts';
import type { AnswerRules } from './answer.ts';
import { parseRetryAfter } from '../../../lib/retry-after.ts';

/** 404 and 410: no such customer (any more). 204: nothing to say about them. */
const NOT_FOUND_STATUSES: ReadonlySet<number> = new Set([204, 404, 410]);

/** Whether the body tells of the customer. */
export const isSuccess = (status: number): boolean =>
  status >= 200 && status < 300 && !NOT_FOUND_STATUSES.has(status);

/** What the status alone says: read the body, nobody there, or why it failed. */
export function judgeStatus(
  response: HttpAnswer,
  rules: AnswerRules,
): 'read' | 'not-found' | LookupError {
  const { status, headers } = response;
  if (isSuccess(status)) return 'read';
  if (NOT_FOUND_STATUSES.has(status)) return 'not-found';
  const { code, why, nextStep } = explainStatus(status);
  return new LookupError({
    code,
    source: rules.source,
    message: `answered ${status}: ${why}`,
    nextStep,
    retryAfterMs: parseRetryAfter(headers['retry-after'], rules.wallMs),
  });
}

interface Explanation {
  readonly code: LookupErrorCode;
  readonly why: string;
  readonly nextStep: string;
}

function explainStatus(status: number): Explanation {
  if (status >= 300 && status < 400) {
    return {
      code: 'ERR_SOURCE_REDIRECT',
      why: 'a redirect, which is never followed, since its target is not in the configuration',
      nextStep: 'Write the final address as the source’s url.',
    };
  }
  if (status >= 500 || status === 408) {
    return {
      code: 'ERR_SOURCE_UNAVAILABLE',
      why: 'it cannot answer now',
      nextStep: 'Look at the service itself; it is asked again by itself.',
    };
  }
  return CLIENT_ERRORS.get(status) ?? REFUSED;
}

const CLIENT_ERRORS: ReadonlyMap<number, Explanation> = new Map([
  [
    401,
    {
      code: 'ERR_SOURCE_UNAUTHORIZED',
      why: 'the credentials are missing, wrong or expired',
      nextStep: 'Check the source’s auth or its authorization header, and the variables they use.',
    },
  ],
  [
    403,
    {
      code: 'ERR_SOURCE_FORBIDDEN',
      why: 'the credentials are known but may not read this',
      nextStep: 'Give the client or token the permission or scope to read customers.',
    },
  ],
  [
    429,
    {
      code: 'ERR_SOURCE_RATE_LIMITED',
      why: 'it was asked too often',
      nextStep: 'Lower bulkhead.concurrent or raise cache.freshMs for this source.',
    },
  ],
]);

const REFUSED: Explanation = {
  code: 'ERR_SOURCE_REFUSED',
  why: 'it does not accept the request',
  nextStep:
    'Check url, method, headers and body of the source against the service’s documentation.',
};
