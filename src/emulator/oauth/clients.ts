export type GrantType = 'client_credentials' | 'authorization_code';

/** An OAuth client of the organization. */
export interface ClientState {
  readonly id: string;
  readonly secret: string;
  /** PEM; what its signed assertions are checked with. Undefined: it has no private-key sign-in. */
  readonly publicKey: string | undefined;
  readonly name: string;
  readonly grant: GrantType;
  /** Permissions of its roles; `*` stands for all, also for one part (`conversation:*`). */
  readonly permissions: readonly string[];
  /** Scopes that it may give to tokens for users; client-credentials clients have none. */
  readonly scopes: readonly string[];
  /** Divisions its roles hold in; undefined means all. */
  readonly divisions: readonly string[] | undefined;
  readonly redirectUris: readonly string[];
  readonly tokenLifetimeSeconds: number;
  readonly enabled: boolean;
}

/** `conversation:*` covers `conversation:communication:view`; `*` covers everything. */
export function hasPermission(granted: readonly string[], wanted: string): boolean {
  return granted.some((permission) => {
    if (permission === '*' || permission === wanted) return true;
    return permission.endsWith('*') && wanted.startsWith(permission.slice(0, -1));
  });
}
