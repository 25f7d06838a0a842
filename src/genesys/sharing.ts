import { createHash } from 'node:crypto';
import type { Sharing } from '../domain/sharing.ts';
import type { WindowStore } from './budget/window-store.ts';
import type { PlatformHosts } from './hosts.ts';
import type { AuthConfig } from './sign-in/auth-options.ts';
import type { TokenShelf } from './sign-in/token-shelf.ts';

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
