import { RapportError } from '../../domain/errors.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { Wire } from '../transport/wire.ts';
import type { AuthConfig } from './auth-options.ts';
import { createCachedTokenSource } from './cached-token-source.ts';
import { createClientCredentialsGrant } from './client-credentials.ts';
import { createTokenEndpoint, type TokenEndpoint } from './token-endpoint.ts';
import type { Grant, TokenSource } from './token-source.ts';

export interface TokenSourceContext {
  readonly loginUrl: string;
  readonly timeoutMs: number;
  readonly wire: Wire;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
}

/** The token source of a configured sign-in. */
export function createTokenSource(auth: AuthConfig, context: TokenSourceContext): TokenSource {
  const endpoint = createTokenEndpoint(context);
  return createCachedTokenSource({
    grant: createGrant(auth, endpoint),
    clock: context.clock,
    log: context.log,
  });
}

function createGrant(auth: AuthConfig, endpoint: TokenEndpoint): Grant {
  if (auth.type === 'client-credentials') return createClientCredentialsGrant(auth, endpoint);
  throw new RapportError({
    code: 'ERR_GENESYS_SIGN_IN_TYPE',
    message: `sign-in type ${auth.type} is not available yet`,
    nextStep: 'Use client-credentials.',
  });
}
