import { isRapportError, messageOf, RapportError } from '../domain/errors.ts';
import type { LookupFailure } from './lookup.ts';

/**
 * Why a lookup failed.
 * - `TIMEOUT`: no answer within `timeoutMs`.
 * - `UNREACHABLE`: no connection, or it broke.
 * - `UNAVAILABLE`: the source says that it cannot answer now (5xx, server shutting down).
 * - `RATE_LIMITED`: the source says that it was asked too often.
 * - `BREAKER_OPEN`: it failed so often that it is left alone for a while.
 * - `BUSY`: too many lookups are running and waiting already.
 * - `UNAUTHORIZED`, `FORBIDDEN`: the credentials are not accepted, or may not do this.
 * - `SIGN_IN`: the token endpoint gave no token.
 * - `REFUSED`: the source rejected the request as such (400, a query that does not compile, …).
 * - `REDIRECT`: it pointed to another address, which is never followed.
 * - `TOO_LARGE`: the answer is longer than allowed.
 * - `AMBIGUOUS`: the source knows several customers by this key, and one was expected.
 * - `BAD_ANSWER`: the answer is not what the source is configured to give.
 * - `KEY_REFUSED`: the customer's key must not be put into this request.
 * - `KEY_MISSING`: the source asks by key and there is none.
 * - `FILE`: a file source cannot be read.
 * - `DRIVER`: the database driver cannot be loaded.
 * - `UNKNOWN`: no source has that name. `CLOSED`: lookups are shut down. `DEFECT`: ours to fix.
 */
export type LookupErrorCode =
  | 'ERR_SOURCE_TIMEOUT'
  | 'ERR_SOURCE_UNREACHABLE'
  | 'ERR_SOURCE_UNAVAILABLE'
  | 'ERR_SOURCE_RATE_LIMITED'
  | 'ERR_SOURCE_BREAKER_OPEN'
  | 'ERR_SOURCE_BUSY'
  | 'ERR_SOURCE_UNAUTHORIZED'
  | 'ERR_SOURCE_FORBIDDEN'
  | 'ERR_SOURCE_SIGN_IN'
  | 'ERR_SOURCE_REFUSED'
  | 'ERR_SOURCE_REDIRECT'
  | 'ERR_SOURCE_TOO_LARGE'
  | 'ERR_SOURCE_AMBIGUOUS'
  | 'ERR_SOURCE_BAD_ANSWER'
  | 'ERR_SOURCE_KEY_REFUSED'
  | 'ERR_SOURCE_KEY_MISSING'
  | 'ERR_SOURCE_FILE'
  | 'ERR_SOURCE_DRIVER'
  | 'ERR_SOURCE_UNKNOWN'
  | 'ERR_SOURCE_CLOSED'
  | 'ERR_SOURCE_DEFECT';

/** Failures of the source as a whole, not of this one question: these open the breaker. */
const OUTAGES: ReadonlySet<LookupErrorCode> = new Set([
  'ERR_SOURCE_TIMEOUT',
  'ERR_SOURCE_UNREACHABLE',
  'ERR_SOURCE_UNAVAILABLE',
  'ERR_SOURCE_RATE_LIMITED',
  'ERR_SOURCE_BAD_ANSWER',
  'ERR_SOURCE_SIGN_IN',
]);

/** Failures that may pass by themselves. */
const RETRYABLE: ReadonlySet<LookupErrorCode> = new Set([
  'ERR_SOURCE_TIMEOUT',
  'ERR_SOURCE_UNREACHABLE',
  'ERR_SOURCE_UNAVAILABLE',
  'ERR_SOURCE_RATE_LIMITED',
  'ERR_SOURCE_BREAKER_OPEN',
  'ERR_SOURCE_BUSY',
  'ERR_SOURCE_SIGN_IN',
]);

/** Failures that the reader of the message can mend in the configuration or the data. */
const USERS: ReadonlySet<LookupErrorCode> = new Set([
  'ERR_SOURCE_UNAUTHORIZED',
  'ERR_SOURCE_FORBIDDEN',
  'ERR_SOURCE_KEY_REFUSED',
  'ERR_SOURCE_KEY_MISSING',
  'ERR_SOURCE_FILE',
  'ERR_SOURCE_DRIVER',
  'ERR_SOURCE_UNKNOWN',
]);

export interface LookupErrorParts {
  readonly code: LookupErrorCode;
  readonly source: string;
  /** What happened, as the end of a sentence that begins with the source's name. */
  readonly message: string;
  readonly nextStep?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

export class LookupError extends RapportError {
  override readonly name = 'LookupError';
  declare readonly code: LookupErrorCode;
  readonly retryAfterMs: number | undefined;

  constructor(parts: LookupErrorParts) {
    super({
      code: parts.code,
      message: `source ${parts.source} ${parts.message}`,
      nextStep: parts.nextStep,
      retryable: RETRYABLE.has(parts.code),
      fault: faultOf(parts.code),
      details: { source: parts.source },
      cause: parts.cause,
    });
    this.retryAfterMs = parts.retryAfterMs;
  }

  /** Whether it says something about the source as a whole. */
  get isOutage(): boolean {
    return OUTAGES.has(this.code);
  }
}

function faultOf(code: LookupErrorCode): 'user' | 'source' | 'ours' {
  if (code === 'ERR_SOURCE_DEFECT') return 'ours';
  return USERS.has(code) ? 'user' : 'source';
}

/** Whatever a source threw, as a `LookupError`: what is not one of ours by now is our defect. */
export function toLookupError(source: string, thrown: unknown): LookupError {
  if (thrown instanceof LookupError) return thrown;
  return new LookupError({
    code: 'ERR_SOURCE_DEFECT',
    source,
    message: `failed in an unexpected way: ${isRapportError(thrown) ? thrown.code : nameOf(thrown)}`,
    nextStep: 'Please report this with the log line of the trace id.',
    cause: thrown,
  });
}

/** The error's kind only: its message may quote the data that it failed on. */
function nameOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.name : typeof thrown;
}

export function toLookupFailure(error: LookupError): LookupFailure {
  const { code, retryable, nextStep, retryAfterMs } = error;
  return { code, message: messageOf(error), retryable, nextStep, retryAfterMs };
}
