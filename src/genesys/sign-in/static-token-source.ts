import { RapportError } from '../../domain/errors.ts';
import type { AccessToken, TokenSource } from './token-source.ts';

/** A token that was obtained elsewhere. It cannot be renewed: once refused, it has ended. */
export function createStaticTokenSource(value: string): TokenSource {
  const token: AccessToken = { value, generation: 1 };
  let hasEnded = false;
  return {
    async get(signal) {
      signal?.throwIfAborted();
      if (hasEnded) throw expired();
      return token;
    },
    refuse() {
      hasEnded = true;
    },
    renewAfterForbidden: () => false,
    [Symbol.dispose]() {},
  };
}

function expired(): RapportError {
  return new RapportError({
    code: 'ERR_GENESYS_TOKEN_EXPIRED',
    message: 'the platform no longer takes the access token that was configured',
    nextStep:
      'Give a fresh token of the same region, or sign in with client-credentials, which renews its tokens by itself.',
  });
}
