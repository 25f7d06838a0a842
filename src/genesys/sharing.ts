import { createHash } from 'node:crypto';
import type { SharedWindow, WindowReport, WindowStore } from './budget/window-store.ts';
import type { PlatformHosts } from './hosts.ts';
import type { AuthConfig } from './sign-in/auth-options.ts';
import type { SealedToken, TokenShelf } from './sign-in/token-shelf.ts';

/**
 * Where several instances on one OAuth client keep what they have in common: its access token, and
 * the rate window that goes with it. Each has a name here, so that clients do not mix.
 */
export interface Sharing {
  exchange(token: string, report: WindowReport): Promise<SharedWindow>;
  readToken(client: string): Promise<SealedToken | undefined>;
  replaceToken(
    client: string,
    token: { readonly generation: number; readonly sealed: string; readonly lifeMs: number },
  ): Promise<boolean>;
  holdSignIn(client: string, forMs: number): Promise<boolean>;
  dropSignIn(client: string): Promise<void>;
}

/**
 * The name of what a sign-in can share; undefined for a sign-in by code, since a code and its refresh
 * token are one instance's.
 */
function shareNameOf(auth: AuthConfig, hosts: PlatformHosts): string | undefined {
  const who = whoIs(auth);
  if (who === undefined) return undefined;
  return createHash('sha256')
    .update(JSON.stringify([hosts.loginUrl, auth.type, ...who]))
    .digest('base64url');
}

function whoIs(auth: AuthConfig): readonly string[] | undefined {
  switch (auth.type) {
    case 'client-credentials':
      return [auth.clientId, auth.scope ?? ''];
    case 'jwt-bearer':
      return [auth.clientId, auth.subject ?? '', auth.scope ?? ''];
    case 'password':
      return [auth.clientId, auth.username, auth.scope ?? ''];
    case 'token':
      return [auth.token];
    case 'authorization-code':
      return undefined;
  }
}

/** What a client takes of it; undefined for a sign-in that can share nothing. */
export function sharedOf(
  sharing: Sharing | undefined,
  auth: AuthConfig,
  hosts: PlatformHosts,
): { readonly store: WindowStore; readonly shelf: TokenShelf } | undefined {
  const name = shareNameOf(auth, hosts);
  if (sharing === undefined || name === undefined) return undefined;
  return {
    store: { exchange: (report) => sharing.exchange(name, report) },
    shelf: {
      name,
      read: () => sharing.readToken(name),
      replace: (token) => sharing.replaceToken(name, token),
      hold: (forMs) => sharing.holdSignIn(name, forMs),
      drop: () => sharing.dropSignIn(name),
    },
  };
}
