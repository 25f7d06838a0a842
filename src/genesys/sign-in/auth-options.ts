import { z } from 'zod';
import type { Optional } from '../optional.ts';

export interface ClientCredentialsAuth {
  readonly type: 'client-credentials';
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope?: string | undefined;
}

/** A JWT signed with the client's private key. The platform's own metadata does not list this grant. */
export interface JwtBearerAuth {
  readonly type: 'jwt-bearer';
  readonly clientId: string;
  readonly privateKeyPath?: string | undefined;
  readonly privateKey?: string | undefined;
  readonly algorithm: 'RS256' | 'ES256';
  readonly keyId?: string | undefined;
  readonly subject?: string | undefined;
  readonly audience?: string | undefined;
  readonly scope?: string | undefined;
}

/** A user's name and password. The platform's own metadata does not list this grant. */
export interface PasswordAuth {
  readonly type: 'password';
  readonly clientId: string;
  readonly clientSecret?: string | undefined;
  readonly username: string;
  readonly password: string;
  readonly scope?: string | undefined;
}

/** A user's consent: a code, exchanged once, or the refresh token that an earlier exchange gave. */
export interface AuthorizationCodeAuth {
  readonly type: 'authorization-code';
  readonly clientId: string;
  readonly clientSecret?: string | undefined;
  readonly code?: string | undefined;
  readonly codeVerifier?: string | undefined;
  readonly redirectUri?: string | undefined;
  readonly refreshToken?: string | undefined;
}

export interface StaticTokenAuth {
  readonly type: 'token';
  readonly token: string;
}

export type AuthConfig =
  | ClientCredentialsAuth
  | JwtBearerAuth
  | PasswordAuth
  | AuthorizationCodeAuth
  | StaticTokenAuth;

/** As a user writes it: without the defaults. */
export type AuthOptions =
  | Exclude<AuthConfig, JwtBearerAuth>
  | (Omit<JwtBearerAuth, 'algorithm'> & Optional<Pick<JwtBearerAuth, 'algorithm'>>);

const text = (): z.ZodString => z.string().min(1);
const clientId = (): z.ZodString => text().describe('Id of the OAuth client.');
const scope = (): z.ZodOptional<z.ZodString> =>
  text().optional().describe('Scopes, separated by spaces, sent with the token request.');

const clientCredentials = z.strictObject({
  type: z.literal('client-credentials'),
  clientId: clientId(),
  clientSecret: text().describe('Its secret; from a variable or a file, never written out.'),
  scope: scope(),
});

const jwtBearer = z
  .strictObject({
    type: z
      .literal('jwt-bearer')
      .describe(
        'A JWT signed with a private key. Genesys Cloud does not list this grant in its metadata; prefer client-credentials.',
      ),
    clientId: clientId(),
    privateKeyPath: text().optional().describe('PEM file (PKCS #8) with the private key.'),
    privateKey: text().optional().describe('The same as text; one of the two is needed.'),
    algorithm: z
      .enum(['RS256', 'ES256'])
      .default('RS256')
      .describe('Signature: RS256 (RSA) or ES256 (P-256). Default RS256.'),
    keyId: text().optional().describe('Sent as kid in the header of the JWT.'),
    subject: text().optional().describe('Claim sub. Default: the client id.'),
    audience: text().optional().describe('Claim aud. Default: the URL of the token endpoint.'),
    scope: scope(),
  })
  .refine((auth) => (auth.privateKey === undefined) !== (auth.privateKeyPath === undefined), {
    path: ['privateKeyPath'],
    error: 'expected either privateKeyPath or privateKey',
  });

const password = z.strictObject({
  type: z
    .literal('password')
    .describe(
      'A user’s name and password. Genesys Cloud does not list this grant in its metadata.',
    ),
  clientId: clientId(),
  clientSecret: text().optional().describe('Its secret, if it has one.'),
  username: text().describe('The user’s e-mail address.'),
  password: text().describe('The user’s password; from a variable or a file.'),
  scope: scope(),
});

const authorizationCode = z
  .strictObject({
    type: z.literal('authorization-code'),
    clientId: clientId(),
    clientSecret: text()
      .optional()
      .describe('Its secret; without one the client is public (PKCE).'),
    code: text().optional().describe('The code from the redirect; it works once.'),
    codeVerifier: z
      .string()
      .min(43)
      .max(128)
      .optional()
      .describe('The PKCE verifier of that code: 43 to 128 characters.'),
    redirectUri: text().optional().describe('The redirect URI that the code was issued for.'),
    refreshToken: text().optional().describe('From an earlier exchange, instead of a code.'),
  })
  .refine((auth) => auth.refreshToken !== undefined || auth.code !== undefined, {
    path: ['code'],
    error: 'expected code or refreshToken',
  })
  .refine((auth) => auth.code === undefined || auth.redirectUri !== undefined, {
    path: ['redirectUri'],
    error: 'expected the redirectUri that the code was issued for',
  })
  .refine(
    (auth) =>
      auth.clientSecret !== undefined ||
      auth.codeVerifier !== undefined ||
      auth.refreshToken !== undefined,
    {
      path: ['codeVerifier'],
      error: 'expected a codeVerifier (PKCE), since the client has no secret',
    },
  );

const staticToken = z.strictObject({
  type: z.literal('token'),
  token: text().describe(
    'A bearer token that was obtained elsewhere. When it ends, so does access.',
  ),
});

export const authSchema: z.ZodType<AuthConfig, AuthOptions> = z.discriminatedUnion('type', [
  clientCredentials,
  jwtBearer,
  password,
  authorizationCode,
  staticToken,
]);
