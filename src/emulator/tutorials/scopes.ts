import { missingScope } from '../http/errors.ts';
import type { Call } from '../http/route.ts';
import type { AccessToken } from '../oauth/tokens.ts';

/**
 * The documents' own scopes. A token that was asked for with scopes has only those; one that was
 * asked for without has them all.
 */
export class TutorialScopes {
  readonly #asked = new WeakMap<AccessToken, readonly string[]>();

  limit(token: AccessToken, scopes: readonly string[]): AccessToken {
    if (scopes.length > 0) this.#asked.set(token, scopes);
    return token;
  }

  /** @throws {PlatformError} 403 when the token has none of these */
  require({ token }: Call, scopes: readonly string[]): void {
    const asked = this.#asked.get(token);
    const [first = ''] = scopes;
    if (asked !== undefined && !scopes.some((scope) => asked.includes(scope))) {
      throw missingScope(first);
    }
  }
}
