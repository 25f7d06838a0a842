import type { ErrorCode } from '../../domain/errors.ts';
import { InDoubtError, PlatformError, type PlatformErrorBody } from '../errors.ts';
import { describeNeeds } from '../permissions.ts';
import type { PlatformRequest } from './platform-request.ts';

export interface FailedAnswer {
  readonly request: PlatformRequest;
  readonly status: number;
  readonly body: PlatformErrorBody;
  readonly correlationId: string | undefined;
  readonly retryAfterMs: number | undefined;
  /** Whether the request may be repeated without reading first. */
  readonly isRepeatable: boolean;
}

interface StatusMeaning {
  readonly code: ErrorCode;
  readonly retryable?: boolean;
  readonly fault?: 'user' | 'platform';
  readonly nextStep: string;
}

/** What the operator does about each status. 408, 409, 429 and 5xx may pass on their own. */
const MEANINGS: ReadonlyMap<number, StatusMeaning> = new Map([
  [
    400,
    {
      code: 'ERR_GENESYS_BAD_REQUEST',
      fault: 'user',
      nextStep:
        'Compare what was sent with the API reference of this operation; not.a.user means that it needs a user’s token, not.a.client a service’s.',
    },
  ],
  [
    401,
    {
      code: 'ERR_GENESYS_UNAUTHORIZED',
      fault: 'user',
      nextStep:
        'A fresh token was refused too: check that the OAuth client is active, that the token is of this region, and that this address is allowed (ip.not.authorized).',
    },
  ],
  [
    403,
    {
      code: 'ERR_GENESYS_FORBIDDEN',
      fault: 'user',
      nextStep:
        'Give the OAuth client a role with what is missing, in the division of the object (Admin > Integrations > OAuth > Roles). A granted role is taken up within a minute.',
    },
  ],
  [
    404,
    {
      code: 'ERR_GENESYS_NOT_FOUND',
      fault: 'user',
      nextStep:
        'Check the id and the region. A conversation that ended long ago, or is of another organization or division, is not found either; what one held until its end is read with attributes get --ended.',
    },
  ],
  [
    405,
    {
      code: 'ERR_GENESYS_NOT_AN_OPERATION',
      fault: 'user',
      nextStep: 'The platform has no such operation; check the path and the API URL.',
    },
  ],
  [
    408,
    {
      code: 'ERR_GENESYS_TIMEOUT',
      retryable: true,
      nextStep: 'The platform did not get the request in time: try again.',
    },
  ],
  [
    409,
    {
      code: 'ERR_GENESYS_CONFLICT',
      retryable: true,
      nextStep:
        'Somebody else changed it at the same time: read it again, stop if the conversation has ended, else try again.',
    },
  ],
  [
    410,
    {
      code: 'ERR_GENESYS_GONE',
      fault: 'user',
      nextStep: 'It was deleted: choose another one in the configuration.',
    },
  ],
  [
    413,
    {
      code: 'ERR_GENESYS_TOO_LARGE',
      fault: 'user',
      nextStep: 'Write fewer or shorter attributes: a request takes at most 512000 bytes.',
    },
  ],
  [
    429,
    {
      code: 'ERR_GENESYS_RATE_LIMITED',
      retryable: true,
      nextStep:
        'Wait as long as the platform says. If it keeps coming, something else uses the same OAuth client: give Rapport its own.',
    },
  ],
  [
    501,
    {
      code: 'ERR_GENESYS_NOT_IMPLEMENTED',
      fault: 'user',
      nextStep: 'The emulator does not have this operation of the platform, or a proxy refused it.',
    },
  ],
]);

const UNAVAILABLE: StatusMeaning = {
  code: 'ERR_GENESYS_UNAVAILABLE',
  retryable: true,
  nextStep:
    'The platform has a fault: try again; if it stays, see its status page and quote the correlation id.',
};

const UNEXPECTED: StatusMeaning = {
  code: 'ERR_GENESYS_UNEXPECTED_ANSWER',
  nextStep: 'Check the region or the API URL: this may not be the platform that answered.',
};

/** 403 for want of a scope: no role helps, another token does. */
const SCOPE_MISSING = 'app.not.authorized.for.scope';
const SCOPE_STEP =
  'The token was given without that scope: add it to the OAuth client, and to genesys.auth.scope (GENESYS_SCOPE) where that is set; a new token has it.';

/** Statuses after which nobody knows whether a change was made. */
const OPEN_STATUSES: ReadonlySet<number> = new Set([408, 500, 502, 503, 504]);

export function toPlatformError(answer: FailedAnswer): PlatformError {
  const { request, status, body } = answer;
  const said = [body.code, body.message].filter((part) => part !== undefined).join(': ');
  const message = `${request.operation} (${request.method} ${request.path}) answered ${status}${said === '' ? '' : ` ${said}`}${answer.correlationId === undefined ? '' : ` [correlation id ${answer.correlationId}]`}`;
  const parts = {
    message,
    operation: request.operation,
    status,
    platformCode: body.code,
    correlationId: answer.correlationId,
    retryAfterMs: answer.retryAfterMs,
  };
  if (!answer.isRepeatable && OPEN_STATUSES.has(status)) return new InDoubtError(parts);
  const meaning = MEANINGS.get(status) ?? (status >= 500 ? UNAVAILABLE : UNEXPECTED);
  const needs = status === 403 ? describeNeeds(request.operation) : '';
  const nextStep = body.code === SCOPE_MISSING ? SCOPE_STEP : meaning.nextStep;
  return new PlatformError({ ...parts, ...meaning, nextStep: `${needs}${nextStep}` });
}

/** Longest piece of somebody else's text that goes into a message. */
const MAX_TEXT = 300;

/** Reads the platform's ErrorBody, or whatever else a proxy on the way answered. */
export function parseErrorBody(value: unknown): PlatformErrorBody {
  const fields = new Map(
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.entries(value)
      : [],
  );
  const limit: unknown = fields.get('limit');
  return {
    code: asText(fields.get('code')) ?? asText(fields.get('error')),
    message: asText(fields.get('message')) ?? asText(fields.get('error_description')),
    contextId: asText(fields.get('contextId')),
    limitKey:
      typeof limit === 'object' && limit !== null && 'key' in limit ? asText(limit.key) : undefined,
  };
}

function asText(value: unknown): string | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  // Control characters would let an answer write its own log lines.
  return value.slice(0, MAX_TEXT).replaceAll(/\p{Cc}/gu, ' ');
}
