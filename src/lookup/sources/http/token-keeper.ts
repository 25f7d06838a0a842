import { request, type Dispatcher } from 'undici';
import { createDeadline } from '../../../lib/abort.ts';
import type { Clock } from '../../../lib/clock.ts';
import { LookupError } from '../../errors.ts';
import { Flights } from '../../guard/flights.ts';
import type { ClientCredentialsAuth } from '../../options/http-options.ts';
import { codeOf } from '../../../lib/error-code.ts';

export interface TokenKeeper {
  /** A token that is good for now; asks for a new one when there is none. */
  token(signal: AbortSignal): Promise<string>;
  /** Forgets this token, because the service did not accept it. */
  drop(token: string): void;
}

interface Deps {
  readonly clock: Clock;
  readonly dispatcher: Dispatcher;
}

interface Held {
  readonly token: string;
  readonly renewAtMs: number;
}

/** For how long a token is used whose answer does not say how long it lives, in milliseconds. */
const DEFAULT_LIFE_MS = 300_000;
/** A token is renewed when this share of its life is over, so that none expires on its way. */
const USED_SHARE = 0.9;
/** Longest answer of a token endpoint, in characters. */
const MAX_ANSWER_CHARACTERS = 65_536;

/** How a token endpoint says that it does not take this client or scope (RFC 6749, 5.2). */
const CLIENT_REFUSED: ReadonlySet<number> = new Set([400, 401, 403]);

/** Keeps the access token of one client (RFC 6749, 4.4); any number of callers share one request. */
export function createTokenKeeper(
  source: string,
  auth: ClientCredentialsAuth,
  timeoutMs: number,
  deps: Deps,
): TokenKeeper {
  let held: Held | undefined;
  const flights = new Flights<Held>();
  return {
    async token(signal) {
      if (held !== undefined && deps.clock.monotonicMs() < held.renewAtMs) return held.token;
      held = await flights.join('token', signal, (flight) =>
        requestToken({ source, auth, timeoutMs, signal: flight }, deps),
      );
      return held.token;
    },
    drop(token) {
      if (held?.token === token) held = undefined;
    },
  };
}

interface TokenRequest {
  readonly source: string;
  readonly auth: ClientCredentialsAuth;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

async function requestToken(parts: TokenRequest, deps: Deps): Promise<Held> {
  using deadline = createDeadline(deps.clock, parts.timeoutMs, parts.signal);
  const { statusCode, text } = await post(parts, deps.dispatcher, deadline.signal);
  if (CLIENT_REFUSED.has(statusCode)) throw clientRefused(parts.source, statusCode);
  if (statusCode !== 200) throw signInFailed(parts.source, `answered ${statusCode}`);
  const answer = parseTokenAnswer(text);
  if (answer === undefined) throw signInFailed(parts.source, 'gave no access_token');
  return {
    token: answer.token,
    renewAtMs: deps.clock.monotonicMs() + answer.lifeMs * USED_SHARE,
  };
}

async function post(
  { source, auth, timeoutMs, signal: caller }: TokenRequest,
  dispatcher: Dispatcher,
  signal: AbortSignal,
): Promise<{ readonly statusCode: number; readonly text: string }> {
  const form = new URLSearchParams({ grant_type: 'client_credentials' });
  if (auth.scope !== undefined) form.set('scope', auth.scope);
  if (auth.audience !== undefined) form.set('audience', auth.audience);
  const headers: Record<string, string> = {
    accept: 'application/json',
    'content-type': 'application/x-www-form-urlencoded',
  };
  if (auth.clientIn === 'body') {
    form.set('client_id', auth.clientId);
    form.set('client_secret', auth.clientSecret);
  } else {
    headers['authorization'] = `Basic ${encodeClient(auth)}`;
  }
  try {
    const { statusCode, body } = await request(auth.tokenUrl, {
      dispatcher,
      method: 'POST',
      headers,
      body: form.toString(),
      signal,
    });
    let text = '';
    for await (const chunk of body as AsyncIterable<Buffer>) {
      text += chunk.toString('utf8');
      if (text.length > MAX_ANSWER_CHARACTERS) break;
    }
    return { statusCode, text };
  } catch (error) {
    caller.throwIfAborted();
    if (signal.aborted) throw signInFailed(source, `gave no answer within ${timeoutMs} ms`);
    throw signInFailed(source, `could not be reached (${codeOf(error) ?? 'the request failed'})`);
  }
}

/** Both halves are form-encoded before they are joined (RFC 6749, 2.3.1). */
function encodeClient({ clientId, clientSecret }: ClientCredentialsAuth): string {
  const pair = `${encodeFormPart(clientId)}:${encodeFormPart(clientSecret)}`;
  return Buffer.from(pair, 'utf8').toString('base64');
}

function encodeFormPart(text: string): string {
  return encodeURIComponent(text).replaceAll('%20', '+');
}

function parseTokenAnswer(
  text: string,
): { readonly token: string; readonly lifeMs: number } | undefined {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof answer !== 'object' || answer === null) return undefined;
  const { access_token: token, expires_in: seconds } = answer as Readonly<Record<string, unknown>>;
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token)) return undefined;
  // Some servers write the number as text.
  const life = Number(seconds);
  return { token, lifeMs: Number.isFinite(life) && life > 0 ? life * 1000 : DEFAULT_LIFE_MS };
}

function clientRefused(source: string, status: number): LookupError {
  return new LookupError({
    code: 'ERR_SOURCE_UNAUTHORIZED',
    source,
    message: `cannot be signed in to: its token endpoint does not accept the client (${status})`,
    nextStep: 'Check auth.clientId, auth.clientSecret, auth.scope and auth.clientIn of the source.',
  });
}

function signInFailed(source: string, what: string): LookupError {
  return new LookupError({
    code: 'ERR_SOURCE_SIGN_IN',
    source,
    message: `cannot be signed in to: its token endpoint ${what}`,
    nextStep: 'Check auth.tokenUrl of the source, and the service behind it.',
  });
}
