import { notAUser } from '../http/errors.ts';
import { ok, type Call, type Route } from '../http/route.ts';
import type { World } from '../world/world.ts';

/** `/api/v2/tokens/me` and `/api/v2/users/me`: who am I. */
export function tokenRoutes(world: World): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/v2/tokens/me',
      scope: 'user-basic-info',
      handle: (call) => ok(viewToken(world, call)),
    },
    { method: 'HEAD', path: '/api/v2/tokens/me', handle: () => ({ status: 200 }) },
    {
      method: 'DELETE',
      path: '/api/v2/tokens/me',
      handle: ({ token }) => {
        token.state = 'revoked';
        return { status: 200 };
      },
    },
    {
      method: 'GET',
      path: '/api/v2/users/me',
      context: 'user',
      scope: 'user-basic-info',
      handle: (call) => ok(viewMe(world, call)),
    },
    {
      method: 'GET',
      path: '/api/v2/organizations/me',
      scope: 'organization:readonly',
      handle: () => ok(viewOrganization(world)),
    },
  ];
}

function viewToken(world: World, { token }: Call): unknown {
  const { organization } = world;
  const { client } = token;
  return {
    organization,
    homeOrganization: organization,
    authorizedScope: token.scopes,
    OAuthClient: {
      id: client.id,
      name: client.name,
      state: client.enabled ? 'active' : 'inactive',
      authorizedGrantType: client.grant === 'client_credentials' ? 'CLIENT-CREDENTIALS' : 'CODE',
      scope: client.scopes,
      roleDivisions: [],
      organization,
    },
  };
}

function viewMe(world: World, { token, query }: Call): unknown {
  const user = world.users.get(token.userId ?? '');
  if (user === undefined) throw notAUser();
  const expand = (query.get('expand') ?? '').split(',');
  return {
    id: user.id,
    name: user.name,
    email: user.email,
    username: user.email,
    state: 'active',
    version: 1,
    acdAutoAnswer: false,
    division: world.divisions.get(user.divisionId),
    organization: expand.includes('organization') ? viewOrganization(world) : undefined,
    selfUri: `/api/v2/users/${user.id}`,
  };
}

function viewOrganization(world: World): unknown {
  const { id, name } = world.organization;
  return {
    id,
    name,
    thirdPartyOrgName: name,
    state: 'active',
    defaultLanguage: 'en-us',
    defaultCountryCode: 'US',
    domain: 'emulated',
    version: 1,
    selfUri: '/api/v2/organizations/me',
  };
}
