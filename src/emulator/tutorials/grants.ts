import type { Answer } from '../http/route.ts';
import type { ClientState } from '../oauth/clients.ts';
import {
  granted,
  JWT_BEARER,
  oauthError,
  unauthorized,
  type Grant,
} from '../oauth/token-endpoint.ts';
import type { TokenStore } from '../oauth/tokens.ts';
import type { World } from '../world/world.ts';
import { isFields } from './participant.ts';
import type { TutorialScopes } from './scopes.ts';

export interface GrantParts {
  readonly world: World;
  readonly tokens: TokenStore;
  readonly scopes: TutorialScopes;
}

/** The sign-ins of the documents: with scopes, with a user's password, with a signed assertion. */
export function tutorialGrants(parts: GrantParts): ReadonlyMap<string, Grant> {
  const bySecret =
    (grant: (asked: Asked) => Answer): Grant =>
    (client, form, proof) =>
      proof === 'secret'
        ? grant({ ...parts, client, form })
        : oauthError('invalid_client', 'authentication failed');
  return new Map<string, Grant>([
    ['client_credentials', bySecret(grantClient)],
    ['password', bySecret(grantPassword)],
    [JWT_BEARER, (client, form) => grantAssertion({ ...parts, client, form })],
  ]);
}

interface Asked extends GrantParts {
  readonly client: ClientState;
  readonly form: URLSearchParams;
}

const scopesOf = (form: URLSearchParams): readonly string[] =>
  (form.get('scope') ?? '').split(/[\s,]+/).filter((scope) => scope !== '');

function grantClient({ tokens, scopes, client, form }: Asked): Answer {
  if (client.grant !== 'client_credentials') return unauthorized('client_credential');
  return granted(scopes.limit(tokens.issue(client), scopesOf(form)));
}

/** Any password will do but an empty one: the emulator's users have none. */
function grantPassword({ world, tokens, scopes, client, form }: Asked): Answer {
  const username = form.get('username') ?? '';
  const user = [...world.users.values()].find((one) => one.email === username);
  if (user === undefined || (form.get('password') ?? '') === '') {
    return oauthError('invalid_grant', 'username or password is wrong');
  }
  const token = tokens.issue(client, { user, scopes: ['*'] });
  return granted(scopes.limit(token, scopesOf(form)));
}

/** Longest life of an assertion, in seconds. */
const MAX_ASSERTION_SECONDS = 3600;

/**
 * Takes an assertion by its claims. Its signature is not checked: the emulator has been given no
 * public key, and nothing here is worth forging.
 */
function grantAssertion({ world, tokens, scopes, client, form }: Asked): Answer {
  const claims = parseClaims(form.get('assertion') ?? '');
  if (claims?.['iss'] !== client.id) {
    return oauthError('invalid_grant', 'the assertion is not a token issued by this client');
  }
  const now = world.now() / 1000;
  const { exp } = claims;
  if (typeof exp !== 'number' || exp <= now || exp > now + MAX_ASSERTION_SECONDS) {
    return oauthError('invalid_grant', 'the assertion has expired, or lives longer than an hour');
  }
  return granted(scopes.limit(tokens.issue(client), scopesOf(form)));
}

function parseClaims(assertion: string): Readonly<Record<string, unknown>> | undefined {
  const parts = assertion.split('.');
  if (parts.length !== 3 || parts[2] === '') return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(parts[1] ?? '', 'base64url').toString('utf8'));
    return isFields(claims) ? claims : undefined;
  } catch {
    return undefined;
  }
}
