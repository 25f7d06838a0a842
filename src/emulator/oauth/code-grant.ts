import { createHash } from 'node:crypto';
import type { Answer } from '../http/route.ts';
import type { World } from '../world/world.ts';
import type { ClientState } from './clients.ts';
import { granted, oauthError, unauthorized, type Grant } from './token-endpoint.ts';
import type { TokenStore } from './tokens.ts';

/** What a user agreed to at the login page. */
export interface CodeState {
  readonly client: ClientState;
  readonly userId: string;
  readonly scopes: readonly string[];
  readonly redirectUri: string;
  /** SHA-256 of the verifier, base64url; undefined without PKCE. */
  readonly challenge: string | undefined;
  /** By the monotonic clock. */
  readonly expiresMs: number;
}

interface RefreshState {
  readonly client: ClientState;
  readonly userId: string;
  readonly scopes: readonly string[];
}

/** How long a code may be exchanged, in milliseconds (assumed; RFC 6749 section 4.1.2 advises at most 10 minutes). */
const CODE_LIFE_MS = 300_000;

/** RFC 7636 section 4.1. */
const VERIFIER = /^[A-Za-z0-9._~-]{43,128}$/;

/** Codes and refresh tokens that were given out and not used yet. */
export class CodeStore {
  readonly #world: World;
  readonly #tokens: TokenStore;
  readonly #codes = new Map<string, CodeState>();
  readonly #refresh = new Map<string, RefreshState>();

  constructor(world: World, tokens: TokenStore) {
    this.#world = world;
    this.#tokens = tokens;
  }

  issue(state: Omit<CodeState, 'expiresMs'>): string {
    const code = this.#world.newId().replaceAll('-', '');
    const expiresMs = this.#world.clock.monotonicMs() + CODE_LIFE_MS;
    this.#codes.set(code, { ...state, expiresMs });
    return code;
  }

  clear(): void {
    this.#codes.clear();
    this.#refresh.clear();
  }

  /** `grant_type=authorization_code`, with or without PKCE. A code is good once. */
  readonly codeGrant: Grant = (client, form, proof) => {
    if (client.grant !== 'authorization_code') return unauthorized('authorization_code');
    const code = form.get('code') ?? '';
    const state = this.#codes.get(code);
    this.#codes.delete(code);
    const isGood =
      state !== undefined &&
      state.client.id === client.id &&
      this.#world.clock.monotonicMs() < state.expiresMs &&
      state.redirectUri === form.get('redirect_uri') &&
      provesIt(state, form.get('code_verifier'), proof);
    if (!isGood) return oauthError('invalid_grant', 'the authorization code is not valid');
    return this.#grant(state, state.challenge === undefined);
  };

  /** `grant_type=refresh_token`. The old one is used up and a new one given (assumed). */
  readonly refreshGrant: Grant = (client, form, proof) => {
    const value = form.get('refresh_token') ?? '';
    const state = this.#refresh.get(value);
    if (state === undefined || state.client.id !== client.id || proof !== 'secret') {
      return oauthError('invalid_grant', 'the refresh token is not valid');
    }
    this.#refresh.delete(value);
    return this.#grant(state, true);
  };

  #grant(state: RefreshState, withRefresh: boolean): Answer {
    const user = this.#world.users.get(state.userId);
    if (user === undefined) return oauthError('invalid_grant', 'the user does not exist');
    const token = this.#tokens.issue(state.client, { user, scopes: state.scopes });
    if (!withRefresh) return granted(token);
    const refreshToken = this.#world.newId().replaceAll('-', '');
    const { client, userId, scopes } = state;
    this.#refresh.set(refreshToken, { client, userId, scopes });
    return granted(token, refreshToken);
  }
}

/** With PKCE the verifier proves it, and a secret need not be there; without, the secret does. */
function provesIt(
  state: CodeState,
  verifier: string | null,
  proof: 'secret' | 'verifier',
): boolean {
  if (state.challenge === undefined) return proof === 'secret';
  if (verifier === null || !VERIFIER.test(verifier)) return false;
  return createHash('sha256').update(verifier).digest('base64url') === state.challenge;
}
