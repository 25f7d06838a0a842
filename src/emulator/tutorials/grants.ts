import type { Answer } from '../http/route.ts';
import type { ClientState } from '../oauth/clients.ts';
import {
  granted,
  JWT_BEARER,
  oauthError,
  sameText,
  unauthorized,
  type Grant,
} from '../oauth/token-endpoint.ts';
import type { TokenStore } from '../oauth/tokens.ts';
import type { World } from '../world/world.ts';
import { checkAssertion } from './assertion.ts';
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

/** Whether the user or the password is wrong is not told. */
function grantPassword({ world, tokens, scopes, client, form }: Asked): Answer {
  const username = form.get('username') ?? '';
  const user = [...world.users.values()].find((one) => one.email === username);
  const password = form.get('password') ?? '';
  if (user?.password === undefined || !sameText(password, user.password)) {
    return oauthError('invalid_grant', 'username or password is wrong');
  }
  const token = tokens.issue(client, { user, scopes: ['*'] });
  return granted(scopes.limit(token, scopesOf(form)));
}

async function grantAssertion({ world, tokens, scopes, client, form }: Asked): Promise<Answer> {
  const verdict = await checkAssertion(form.get('assertion') ?? '', client, world.now());
  switch (verdict.kind) {
    case 'no-key':
      return oauthError('invalid_client', 'no public key is registered for the client');
    case 'bad':
      return oauthError('invalid_grant', `the assertion is refused: ${verdict.why}`);
    case 'good':
      return granted(scopes.limit(tokens.issue(client), scopesOf(form)));
  }
}
