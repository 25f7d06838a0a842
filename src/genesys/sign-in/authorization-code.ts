import { createHash } from 'node:crypto';
import { RapportError } from '../../domain/errors.ts';
import type { AuthorizationCodeAuth } from './auth-options.ts';
import type { TokenEndpoint } from './token-endpoint.ts';
import type { Grant } from './token-source.ts';

/**
 * A user's consent in exchange for that user's token. The code works once; from then on the refresh
 * token is used, and replaced whenever an answer brings a new one. A client without a secret proves
 * itself by the PKCE verifier (RFC 7636).
 */
export function createAuthorizationCodeGrant(
  auth: AuthorizationCodeAuth,
  context: {
    readonly endpoint: TokenEndpoint;
    readonly onRefreshToken?: ((refreshToken: string) => void) | undefined;
  },
): Grant {
  const { clientId, clientSecret } = auth;
  let refreshToken = auth.refreshToken;
  let isCodeSpent = false;
  return {
    type: auth.type,
    async issue(signal) {
      if (refreshToken === undefined && isCodeSpent) throw signInAgain();
      const proof = refreshToken === undefined ? codeForm(auth) : refreshForm(refreshToken);
      const form = { ...proof, ...(clientSecret === undefined ? { client_id: clientId } : {}) };
      const token = await context.endpoint.request({ form, clientId, clientSecret, signal });
      isCodeSpent = true;
      if (token.refreshToken !== undefined && token.refreshToken !== refreshToken) {
        refreshToken = token.refreshToken;
        context.onRefreshToken?.(refreshToken);
      }
      return token;
    },
  };
}

function signInAgain(): RapportError {
  return new RapportError({
    code: 'ERR_GENESYS_TOKEN_EXPIRED',
    message: 'the user’s access token has ended, and no refresh token came with it',
    nextStep:
      'Let the user sign in again; a code that was asked for with a client secret and without PKCE brings a refresh token.',
  });
}

const refreshForm = (refreshToken: string): Record<string, string> => ({
  grant_type: 'refresh_token',
  refresh_token: refreshToken,
});

function codeForm(auth: AuthorizationCodeAuth): Record<string, string> {
  return {
    grant_type: 'authorization_code',
    code: auth.code ?? '',
    redirect_uri: auth.redirectUri ?? '',
    ...(auth.codeVerifier === undefined ? {} : { code_verifier: auth.codeVerifier }),
  };
}

export interface AuthorizationParts {
  readonly loginUrl: string;
  readonly clientId: string;
  readonly redirectUri: string;
  /** Comes back with the code; compare it. */
  readonly state: string;
  /** Random; 32 bytes or more. */
  readonly entropy: Uint8Array;
}

/** Where to send the user for a code, and the verifier that redeems it. */
export interface Authorization {
  readonly url: string;
  /** Give it as `codeVerifier` together with the code. */
  readonly codeVerifier: string;
}

/** Begins a sign-in by code with PKCE (S256). */
export function createAuthorization(parts: AuthorizationParts): Authorization {
  const codeVerifier = Buffer.from(parts.entropy).toString('base64url');
  if (codeVerifier.length < 43 || codeVerifier.length > 128) {
    throw new RangeError(
      `a PKCE verifier takes 32 to 96 random bytes, got ${parts.entropy.length}`,
    );
  }
  const url = new URL(`${parts.loginUrl}/oauth/authorize`);
  url.search = new URLSearchParams({
    client_id: parts.clientId,
    response_type: 'code',
    redirect_uri: parts.redirectUri,
    state: parts.state,
    code_challenge: createHash('sha256').update(codeVerifier).digest('base64url'),
    code_challenge_method: 'S256',
  }).toString();
  return { url: url.href, codeVerifier };
}
