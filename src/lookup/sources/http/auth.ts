import type { Dispatcher } from 'undici';
import type { Clock } from '../../../lib/clock.ts';
import type { HttpSourceOptions } from '../../options/http-options.ts';
import { createTokenKeeper } from './token-keeper.ts';

/** What proves to the service who asks. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  /** New credentials in place of these, which were not accepted; absent when there can be none. */
  readonly renew?: ((signal: AbortSignal) => Promise<Credentials>) | undefined;
}

export interface Authorizer {
  /** @throws {LookupError} `ERR_SOURCE_SIGN_IN` */
  authorize(signal: AbortSignal): Promise<Credentials>;
}

export interface AuthDeps {
  readonly clock: Clock;
  readonly dispatcher: Dispatcher;
}

export function createAuthorizer(
  source: string,
  options: HttpSourceOptions,
  deps: AuthDeps,
): Authorizer {
  const auth = options.auth;
  switch (auth?.type) {
    case undefined:
      return always({});
    case 'bearer':
      return always({ authorization: `Bearer ${auth.token}` });
    case 'basic': {
      const pair = Buffer.from(`${auth.username}:${auth.password}`, 'utf8').toString('base64');
      return always({ authorization: `Basic ${pair}` });
    }
    case 'api-key':
      return auth.in === 'header'
        ? always({ [auth.name.toLowerCase()]: auth.value })
        : always({}, { [auth.name]: auth.value });
    case 'client-credentials': {
      const keeper = createTokenKeeper(source, auth, options.timeoutMs, deps);
      const credentials = async (signal: AbortSignal): Promise<Credentials> => {
        const token = await keeper.token(signal);
        return {
          headers: { authorization: `Bearer ${token}` },
          query: {},
          renew: (renewSignal) => {
            keeper.drop(token);
            return credentials(renewSignal);
          },
        };
      };
      return { authorize: credentials };
    }
  }
}

function always(
  headers: Readonly<Record<string, string>>,
  query: Readonly<Record<string, string>> = {},
): Authorizer {
  return { authorize: async () => ({ headers, query }) };
}
