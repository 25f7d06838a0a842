import { timingSafeEqual } from 'node:crypto';
import type { Answer } from '../http/route.ts';
import type { ClientState } from './clients.ts';
import type { AccessToken, TokenStore } from './tokens.ts';

export interface TokenRequest {
  /** The form; members of the query count too, as some clients put `grant_type` there. */
  readonly form: URLSearchParams;
  readonly authorization: string | undefined;
}

/** What sign-in errors look like: HTTP 400 and not an ErrorBody. */
export function oauthError(error: string, description: string): Answer {
  return { status: 400, body: { error, description, error_description: description } };
}

/** A sign-in by signed assertion; the platform has none, tutorials do. */
export const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

/** A grant: takes the form of an authenticated client and answers. */
export type Grant = (
  client: ClientState,
  form: URLSearchParams,
  /** How the client proved who it is: by its secret, or not at all, leaving it to a PKCE verifier. */
  proof: 'secret' | 'verifier',
) => Answer | Promise<Answer>;

/** The token endpoint. Which grants exist is the table's to say. */
export function createTokenEndpoint(
  clients: ReadonlyMap<string, ClientState>,
  grants: ReadonlyMap<string, Grant>,
): (request: TokenRequest) => Answer | Promise<Answer> {
  return (request) => {
    const { form } = request;
    const grantType = form.get('grant_type');
    if (grantType === null || grantType === '') {
      return oauthError('invalid_request', 'grant_type is required');
    }
    const caller = authenticate(clients, request);
    if (caller === undefined) return oauthError('invalid_client', 'authentication failed');
    const grant = grants.get(grantType);
    if (grant === undefined) {
      return oauthError('unsupported_grant_type', `grant type ${grantType} is not supported`);
    }
    return grant(caller.client, form, caller.proof);
  };
}

export function clientCredentialsGrant(tokens: TokenStore): Grant {
  return (client, _form, proof) => {
    if (proof !== 'secret') return oauthError('invalid_client', 'authentication failed');
    if (client.grant !== 'client_credentials') return unauthorized('client_credential');
    return granted(tokens.issue(client));
  };
}

export const unauthorized = (grant: string): Answer =>
  oauthError('unauthorized_client', `client is not authorized to use the ${grant} grant type`);

export function granted(token: AccessToken, refreshToken?: string): Answer {
  return {
    status: 200,
    headers: { 'cache-control': 'no-store' },
    body: {
      access_token: token.value,
      token_type: 'bearer',
      // One less than the lifetime, as the platform answers (86399 for a day).
      expires_in: token.client.tokenLifetimeSeconds - 1,
      refresh_token: refreshToken,
    },
  };
}

/** Basic or in the form. A client without its secret passes only where its grant proves it otherwise (PKCE). */
function authenticate(
  clients: ReadonlyMap<string, ClientState>,
  request: TokenRequest,
): { readonly client: ClientState; readonly proof: 'secret' | 'verifier' } | undefined {
  const { id, secret } = credentialsOf(request);
  const client = clients.get(id);
  if (client === undefined || !client.enabled) return undefined;
  if (secret === undefined) {
    return provesItself(request.form) ? { client, proof: 'verifier' } : undefined;
  }
  return sameText(secret, client.secret) ? { client, proof: 'secret' } : undefined;
}

/** A grant that carries its own proof; whether that holds is the grant's to say. */
function provesItself(form: URLSearchParams): boolean {
  return form.has('code_verifier') || form.get('grant_type') === JWT_BEARER;
}

function credentialsOf({ form, authorization }: TokenRequest): {
  readonly id: string;
  readonly secret: string | undefined;
} {
  const basic = /^basic\s+(\S+)\s*$/i.exec(authorization ?? '')?.[1];
  if (basic === undefined) {
    return { id: form.get('client_id') ?? '', secret: form.get('client_secret') ?? undefined };
  }
  const [id, ...secret] = Buffer.from(basic, 'base64').toString('utf8').split(':');
  return { id: id ?? '', secret: secret.join(':') };
}

/** Takes as long whatever differs. */
export function sameText(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
