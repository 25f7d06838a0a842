import type { PasswordAuth } from './auth-options.ts';
import type { TokenEndpoint } from './token-endpoint.ts';
import type { Grant } from './token-source.ts';

/** A user's name and password in exchange for that user's token (RFC 6749, section 4.3). */
export function createPasswordGrant(auth: PasswordAuth, endpoint: TokenEndpoint): Grant {
  const { clientId, clientSecret, username, password, scope } = auth;
  return {
    type: auth.type,
    issue: (signal) =>
      endpoint.request({
        form: {
          grant_type: 'password',
          username,
          password,
          ...(clientSecret === undefined ? { client_id: clientId } : {}),
          ...(scope === undefined ? {} : { scope }),
        },
        clientId,
        clientSecret,
        signal,
      }),
  };
}
