import type { UserState } from '../world/model.ts';
import type { World } from '../world/world.ts';
import type { ClientState } from './clients.ts';

export interface AccessToken {
  readonly value: string;
  readonly client: ClientState;
  /** Set on a token for a user. */
  readonly userId: string | undefined;
  /** Of the client's roles, or of the user's. `*` stands for all. */
  readonly permissions: readonly string[];
  /** Divisions these hold in; undefined means all. */
  readonly divisions: readonly string[] | undefined;
  /** Scopes of a token for a user. */
  readonly scopes: readonly string[];
  readonly issuedAt: number;
  /** By the monotonic clock. */
  readonly expiresMs: number;
  state: 'active' | 'revoked';
}

export type TokenVerdict =
  | { readonly kind: 'active'; readonly token: AccessToken }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'expired' };

/** Tokens that were given out. An expired one is told apart from an unknown one for as long as it is kept. */
export class TokenStore {
  readonly #world: World;
  readonly #tokens = new Map<string, AccessToken>();

  constructor(world: World) {
    this.#world = world;
  }

  issue(
    client: ClientState,
    holder?: { readonly user: UserState; readonly scopes: readonly string[] },
  ): AccessToken {
    const token: AccessToken = {
      value: this.#newValue(),
      client,
      userId: holder?.user.id,
      permissions: holder === undefined ? client.permissions : holder.user.permissions,
      divisions: holder === undefined ? client.divisions : undefined,
      scopes: holder?.scopes ?? [],
      issuedAt: this.#world.now(),
      expiresMs: this.#world.clock.monotonicMs() + client.tokenLifetimeSeconds * 1000,
      state: 'active',
    };
    this.#sweep();
    this.#tokens.set(token.value, token);
    return token;
  }

  check(value: string): TokenVerdict {
    const token = this.#tokens.get(value);
    if (token === undefined || token.state === 'revoked') return { kind: 'unknown' };
    return this.isLive(token) ? { kind: 'active', token } : { kind: 'expired' };
  }

  isLive(token: AccessToken): boolean {
    return token.state === 'active' && this.#world.clock.monotonicMs() < token.expiresMs;
  }

  /** Revokes one client's tokens, or everybody's. @returns how many */
  revoke(clientId?: string): number {
    let revoked = 0;
    for (const token of this.#tokens.values()) {
      if (token.state !== 'active') continue;
      if (clientId !== undefined && token.client.id !== clientId) continue;
      token.state = 'revoked';
      revoked += 1;
    }
    return revoked;
  }

  clear(): void {
    this.#tokens.clear();
  }

  /** Opaque, as the platform's are: 86 characters of base64url. */
  #newValue(): string {
    const hex = [0, 1, 2, 3].map(() => this.#world.newId().replaceAll('-', '')).join('');
    return Buffer.from(hex, 'hex').toString('base64url');
  }

  /** Long-expired tokens go, so that a client that signs in for every request leaves nothing behind. */
  #sweep(): void {
    if (this.#tokens.size < 1000) return;
    const now = this.#world.clock.monotonicMs();
    for (const [value, token] of this.#tokens) {
      if (token.state === 'revoked' || token.expiresMs + KEEP_EXPIRED_MS < now)
        this.#tokens.delete(value);
    }
  }
}

const KEEP_EXPIRED_MS = 3_600_000;
