import type { AuthConfig } from './auth-options.ts';

/** A bearer token. It is opaque: nothing is read from it. */
export interface AccessToken {
  readonly value: string;
  /** Grows with every token of a source, so that a refusal can name the one it is about. */
  readonly generation: number;
}

/** Where requests get their bearer token, however it is obtained. */
export interface TokenSource extends Disposable {
  /**
   * The token to use now; fetched when there is none, by one request for any number of callers.
   * @throws {RapportError} `ERR_GENESYS_SIGN_IN_REFUSED`, `ERR_GENESYS_SIGN_IN_UNAVAILABLE`
   */
  get(signal?: AbortSignal): Promise<AccessToken>;
  /** The platform answered 401 to this token. Nothing happens if it is not the current one. */
  refuse(token: AccessToken): void;
  /**
   * The platform answered 403: a role may have been granted since the token was issued. Drops the
   * token and returns true, at most once a minute.
   */
  renewAfterForbidden(token: AccessToken): boolean;
}

/** What a grant yields. */
export interface IssuedToken {
  readonly value: string;
  /** How long it lives, in seconds, as the platform says; undefined when it does not. */
  readonly expiresInSeconds: number | undefined;
}

/** One way to obtain a token. */
export interface Grant {
  /** Name of the sign-in type in the configuration. */
  readonly type: AuthConfig['type'];
  issue(signal: AbortSignal): Promise<IssuedToken>;
}
