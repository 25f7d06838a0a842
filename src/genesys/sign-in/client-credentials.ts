import type { TokenEndpoint } from './token-endpoint.ts';
import type { Grant } from './token-source.ts';

export interface ClientCredentials {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope?: string | undefined;
}

/** The grant for services. Such a client has roles and divisions rather than scopes and a user. */
export function createClientCredentialsGrant(
  credentials: ClientCredentials,
  endpoint: TokenEndpoint,
): Grant {
  const { clientId, clientSecret, scope } = credentials;
  return {
    type: 'client-credentials',
    issue: (signal) =>
      endpoint.request({
        form: {
          grant_type: 'client_credentials',
          ...(scope === undefined ? {} : { scope }),
        },
        clientId,
        clientSecret,
        signal,
      }),
  };
}
