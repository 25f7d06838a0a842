import type { AccessToken } from '../oauth/tokens.ts';

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** What the platform asks of a caller's roles: any of these, or all of them. */
export interface Permissions {
  readonly kind: 'any' | 'all';
  readonly names: readonly string[];
}

export interface Call {
  readonly token: AccessToken;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** The JSON body; undefined when there was none. */
  readonly body: unknown;
}

export interface Answer {
  readonly status: number;
  /** Written as JSON; undefined means no body at all. */
  readonly body?: unknown;
  /** A page, in the place of a body. */
  readonly html?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One operation of the platform that the emulator has; the support matrix is made of these. */
export interface SupportedOperation {
  readonly method: Method;
  /** Path template in the contract's own words: `/api/v2/flows/{flowId}`. */
  readonly path: string;
  /** Scope that a token for a user needs; with `:readonly` a wider one will do. */
  readonly scope?: string | undefined;
  readonly permissions?: Permissions | undefined;
  /** `user`: client tokens get 400 `not.a.user`. `client`: user tokens get 400 `not.a.client`. */
  readonly context?: 'user' | 'client' | undefined;
  /**
   * Codes of a 404 that the contract declares for this operation besides `not.found`. Any other is
   * answered as that, so that handlers may share what they throw.
   */
  readonly notFoundCodes?: readonly string[] | undefined;
  /** It answers as tutorials tell and not as the contract does. */
  readonly isTutorial?: boolean | undefined;
}

/** An operation and what does it. 404, 405 and 501 are told apart by the table of these. */
export interface Route extends SupportedOperation {
  readonly handle: (call: Call) => Answer | Promise<Answer>;
}

export const any = (...names: string[]): Permissions => ({ kind: 'any', names });
export const all = (...names: string[]): Permissions => ({ kind: 'all', names });

export const ok = (body: unknown): Answer => ({ status: 200, body });
export const accepted = (body?: unknown): Answer => ({ status: 202, body });
export const noContent = (): Answer => ({ status: 204 });

/** A path parameter. The router fills in every one of the template. */
export function param(call: Call, name: string): string {
  return call.params[name] ?? '';
}
