import { RapportError } from '../../domain/errors.ts';
import { createDeadline } from '../../lib/abort.ts';
import { backoffMs } from '../../lib/backoff.ts';
import { sleep, type Clock } from '../../lib/clock.ts';
import { parseJson } from '../transport/json.ts';
import { parseRetryAfter } from '../../lib/retry-after.ts';
import { WireError, type Wire, type WireAnswer } from '../transport/wire.ts';
import type { IssuedToken } from './token-source.ts';

export interface TokenEndpointOptions {
  /** The token endpoint is `/oauth/token` under it. */
  readonly loginUrl: string;
  readonly wire: Wire;
  readonly clock: Clock;
  readonly random: () => number;
  readonly timeoutMs: number;
}

export interface TokenRequest {
  readonly form: Readonly<Record<string, string>>;
  /** Sent as HTTP Basic authentication when both are there. */
  readonly clientId?: string | undefined;
  readonly clientSecret?: string | undefined;
  readonly signal: AbortSignal;
}

/** What the endpoint answers beside the token. */
export interface TokenAnswer extends IssuedToken {
  readonly refreshToken: string | undefined;
}

export interface TokenEndpoint {
  /** @throws {RapportError} `ERR_GENESYS_SIGN_IN_REFUSED`, `ERR_GENESYS_SIGN_IN_UNAVAILABLE` */
  request(request: TokenRequest): Promise<TokenAnswer>;
}

/** What may stand in an Authorization header (RFC 6750). */
const TOKEN_PATTERN = /^[\x21-\x7e]+$/;
/** Attempts for one token; in between, `RETRY_DELAYS`. */
const MAX_ATTEMPTS = 3;
const RETRY_DELAYS = { baseMs: 250, maxMs: 2_000 } as const;
/** A longer `Retry-After` than this, in milliseconds, is the caller's to wait for. */
const MAX_RETRY_AFTER_MS = 10_000;

export function createTokenEndpoint(options: TokenEndpointOptions): TokenEndpoint {
  const url = new URL(`${options.loginUrl}/oauth/token`);
  return {
    async request(request) {
      for (let attempt = 1; ; attempt++) {
        const outcome = await ask(options, url, request);
        if ('token' in outcome) return outcome.token;
        const { error, retryAfterMs } = outcome;
        if (!error.retryable || attempt >= MAX_ATTEMPTS) throw error;
        if ((retryAfterMs ?? 0) > MAX_RETRY_AFTER_MS) throw error;
        const delayMs = retryAfterMs ?? backoffMs(attempt, RETRY_DELAYS, options.random);
        await sleep(options.clock, delayMs, request.signal);
      }
    },
  };
}

type Outcome =
  | { readonly token: TokenAnswer }
  | { readonly error: RapportError; readonly retryAfterMs?: number | undefined };

async function ask(
  options: TokenEndpointOptions,
  url: URL,
  request: TokenRequest,
): Promise<Outcome> {
  using deadline = createDeadline(options.clock, options.timeoutMs, request.signal);
  try {
    const answer = await options.wire({
      method: 'POST',
      url,
      headers: {
        accept: 'application/json',
        'content-type': 'application/x-www-form-urlencoded',
        ...basicAuthorization(request),
      },
      body: new URLSearchParams(request.form).toString(),
      signal: deadline.signal,
    });
    return readAnswer(answer, url, request, options.clock);
  } catch (error) {
    if (request.signal.aborted) throw request.signal.reason;
    if (!(error instanceof WireError)) throw error;
    return { error: unavailable(url, error.message, error) };
  }
}

/** Joined as they are: that is what the platform's own SDKs send (RFC 6749 would form-encode them). */
function basicAuthorization(request: TokenRequest): Record<string, string> {
  const { clientId, clientSecret } = request;
  if (clientId === undefined || clientSecret === undefined) return {};
  const pair = Buffer.from(`${clientId}:${clientSecret}`).toString('base64');
  return { authorization: `Basic ${pair}` };
}

function readAnswer(answer: WireAnswer, url: URL, request: TokenRequest, clock: Clock): Outcome {
  const fields = asFields(parseJson(answer.body));
  const token = answer.status === 200 ? readToken(fields) : undefined;
  if (token !== undefined) return { token };
  const oauthError = fields.get('error');
  if (answer.status >= 400 && answer.status < 500 && typeof oauthError === 'string') {
    const description = fields.get('error_description');
    return { error: refused(url, request, { oauthError, description }) };
  }
  if (answer.status === 429 || answer.status === 408 || answer.status >= 500) {
    const retryAfterMs = parseRetryAfter(answer.headers.get('retry-after'), clock.wallMs());
    return { error: unavailable(url, `status ${answer.status}`), retryAfterMs };
  }
  return { error: notALogin(url, answer.status) };
}

function asFields(body: unknown): ReadonlyMap<string, unknown> {
  return new Map(typeof body === 'object' && body !== null ? Object.entries(body) : []);
}

function readToken(fields: ReadonlyMap<string, unknown>): TokenAnswer | undefined {
  const value = fields.get('access_token');
  if (typeof value !== 'string' || !TOKEN_PATTERN.test(value)) return undefined;
  const expires = Number(fields.get('expires_in'));
  const refresh = fields.get('refresh_token');
  return {
    value,
    expiresInSeconds: expires > 0 ? expires : undefined,
    refreshToken: typeof refresh === 'string' ? refresh : undefined,
  };
}

function refused(
  url: URL,
  request: TokenRequest,
  reason: { readonly oauthError: string; readonly description: unknown },
): RapportError {
  const grant = request.form['grant_type'] ?? 'unknown';
  const client = request.clientId ?? request.form['client_id'] ?? 'unknown';
  const said =
    typeof reason.description === 'string'
      ? `${reason.oauthError} (${reason.description.slice(0, 200)})`
      : reason.oauthError;
  return new RapportError({
    code: 'ERR_GENESYS_SIGN_IN_REFUSED',
    message: `${url.host} refused OAuth client ${client} with grant ${grant}: ${said}`,
    nextStep: nextStepOf(reason.oauthError, url, grant),
    details: { host: url.host, clientId: client, grant, oauthError: reason.oauthError },
  });
}

function nextStepOf(oauthError: string, url: URL, grant: string): string {
  switch (oauthError) {
    case 'unauthorized_client':
      return `Create or choose an OAuth client of the grant type that is configured here (${grant}).`;
    case 'unsupported_grant_type':
      return `The platform does not offer the grant ${grant}. Use client credentials.`;
    case 'invalid_scope':
      return 'Remove the scope, or use one that the OAuth client has.';
    case 'invalid_grant':
      return 'The code, refresh token, assertion or password is wrong, used up or expired: sign in again.';
    default: {
      const proof = grant.endsWith('jwt-bearer')
        ? 'that the public half of this private key is registered for it'
        : 'the secret';
      return `Check the client id and ${proof}, that the client is active, and the region: ${url.host} answers a client of another region in just this way.`;
    }
  }
}

function unavailable(url: URL, reason: string, cause?: unknown): RapportError {
  return new RapportError({
    code: 'ERR_GENESYS_SIGN_IN_UNAVAILABLE',
    message: `no token from ${url.host}: ${reason}`,
    nextStep: `Check that ${url.origin} can be reached from here (name, proxy, firewall), then try again.`,
    retryable: true,
    fault: 'platform',
    details: { host: url.host },
    cause,
  });
}

function notALogin(url: URL, status: number): RapportError {
  return new RapportError({
    code: 'ERR_GENESYS_SIGN_IN_REFUSED',
    message: `${url.href} does not answer as a token endpoint (status ${status})`,
    nextStep: 'Check the region, or loginUrl: the token endpoint must be /oauth/token under it.',
    details: { host: url.host, status },
  });
}
