import { createIdSource } from '../../lib/ids.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { Wire } from '../transport/wire.ts';
import type { AuthConfig, StaticTokenAuth } from './auth-options.ts';
import { createAuthorizationCodeGrant } from './authorization-code.ts';
import { createCachedTokenSource } from './cached-token-source.ts';
import { createClientCredentialsGrant } from './client-credentials.ts';
import { createJwtBearerGrant, readPrivateKey } from './jwt-bearer.ts';
import { obtainAlone, obtainShared } from './obtain.ts';
import { createPasswordGrant } from './password.ts';
import { createStaticTokenSource } from './static-token-source.ts';
import { createTokenEndpoint } from './token-endpoint.ts';
import type { TokenShelf } from './token-shelf.ts';
import type { Grant, TokenSource } from './token-source.ts';

export interface TokenSourceContext {
  readonly loginUrl: string;
  readonly timeoutMs: number;
  readonly wire: Wire;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  /** Told each new refresh token of a sign-in by code; whoever keeps it can start again without a code. */
  readonly onRefreshToken?: ((refreshToken: string) => void) | undefined;
  /** Where the instances on this client keep their token; without it, each has its own. */
  readonly shelf?: TokenShelf | undefined;
}

/**
 * Grants that the platform's own metadata does not list (its /.well-known/oauth-authorization-server,
 * read 2026-07-19). They work where a gateway in front of it, or the emulator, offers them.
 */
const NOT_LISTED: ReadonlySet<AuthConfig['type']> = new Set(['jwt-bearer', 'password']);

/** The token source of a configured sign-in. */
export function createTokenSource(auth: AuthConfig, context: TokenSourceContext): TokenSource {
  if (auth.type === 'token') return createStaticTokenSource(auth.token);
  const { clock, log, shelf, timeoutMs } = context;
  const grant = warnOnce(createGrant(auth, context), log);
  const secret = (signal: AbortSignal): Promise<string | Uint8Array> => secretOf(auth, signal);
  const obtain =
    shelf === undefined
      ? obtainAlone({ grant, log })
      : obtainShared({ grant, log, shelf, clock, timeoutMs, secret });
  return createCachedTokenSource({ obtain, clock, log });
}

/** What every instance on the client has, and nobody else. */
async function secretOf(
  auth: Exclude<AuthConfig, StaticTokenAuth>,
  signal: AbortSignal,
): Promise<string | Uint8Array> {
  switch (auth.type) {
    case 'client-credentials':
      return auth.clientSecret;
    case 'password':
      return auth.clientSecret ?? auth.password;
    case 'jwt-bearer':
      return (await readPrivateKey(auth, signal)).export({ type: 'pkcs8', format: 'der' });
    case 'authorization-code':
      throw new TypeError('a sign-in by code is not shared');
  }
}

function createGrant(
  auth: Exclude<AuthConfig, StaticTokenAuth>,
  context: TokenSourceContext,
): Grant {
  const endpoint = createTokenEndpoint(context);
  switch (auth.type) {
    case 'client-credentials':
      return createClientCredentialsGrant(auth, endpoint);
    case 'jwt-bearer':
      return createJwtBearerGrant(auth, {
        endpoint,
        tokenUrl: `${context.loginUrl}/oauth/token`,
        clock: context.clock,
        newId: createIdSource(context.clock),
      });
    case 'password':
      return createPasswordGrant(auth, endpoint);
    case 'authorization-code':
      return createAuthorizationCodeGrant(auth, {
        endpoint,
        onRefreshToken: context.onRefreshToken,
      });
  }
}

function warnOnce(grant: Grant, log: Log): Grant {
  if (!NOT_LISTED.has(grant.type)) return grant;
  let hasWarned = false;
  return {
    type: grant.type,
    issue(signal) {
      if (!hasWarned) {
        log.warn('genesys.sign-in.grant-not-listed', {
          grant: grant.type,
          message:
            'Genesys Cloud does not list this grant in its metadata; if it is refused, use client-credentials.',
        });
      }
      hasWarned = true;
      return grant.issue(signal);
    },
  };
}
