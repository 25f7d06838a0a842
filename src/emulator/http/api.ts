import { hasPermission } from '../oauth/clients.ts';
import type { AccessToken, TokenStore } from '../oauth/tokens.ts';
import type { LimitVerdict, RateLimiter } from '../limits/rate-limiter.ts';
import {
  authenticationRequired,
  badCredentials,
  credentialsExpired,
  methodNotAllowed,
  missingPermissions,
  missingScope,
  notAClient,
  notAUser,
  notEmulated,
  notFound,
} from './errors.ts';
import type { PlatformPaths } from '../platform-paths/find-platform-path.ts';
import { PlatformError } from './platform-error.ts';
import type { Answer, Route } from './route.ts';
import type { Match, Router } from './router.ts';

export interface ApiParts {
  readonly router: Router<Route>;
  readonly tokens: TokenStore;
  readonly limiter: RateLimiter;
  readonly platformPaths: Pick<PlatformPaths, 'find'>;
}

export interface ApiRequest {
  readonly method: string;
  /** From `/api/v2` on, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly authorization: string | undefined;
  /** Reads and parses the body; called only once the request has passed everything before it. */
  readonly readBody: () => Promise<unknown>;
}

/** What is known of a request as it passes; the log and the answer's headers read it. */
export interface Passage {
  token?: AccessToken | undefined;
  route?: Route | undefined;
  body?: unknown;
  limitHeaders: Readonly<Record<string, string>>;
  /** Ids of the fault rules that had a hand in it. */
  faults: readonly string[];
}

/** Takes one request through sign-in, limits, routing and rights to its handler, in the platform's order. */
export async function handleApi(
  parts: ApiParts,
  request: ApiRequest,
  passage: Passage,
): Promise<Answer> {
  const { method, path, query } = request;
  const token = authenticate(parts.tokens, request.authorization);
  passage.token = token;
  const match = parts.router.match(method, path);
  if (match.kind === 'route') passage.route = match.route;
  const operation = match.kind === 'route' ? `${method} ${match.route.path}` : `${method} ${path}`;
  passLimit(parts.limiter, token, operation, passage);
  if (match.kind !== 'route') throw missing(parts.platformPaths, request, match);
  authorize(match.route, token);
  passage.body = await request.readBody();
  const call = { token, params: match.params, query, body: passage.body };
  try {
    return await match.route.handle(call);
  } catch (error) {
    throw asDeclared(match.route, error);
  }
}

/** Two operations call the same missing thing by different codes, and clients compare codes. */
function asDeclared({ notFoundCodes = [] }: Route, error: unknown): unknown {
  const isUndeclared =
    error instanceof PlatformError && error.status === 404 && !notFoundCodes.includes(error.code);
  return isUndeclared ? notFound() : error;
}

function authenticate(tokens: TokenStore, authorization: string | undefined): AccessToken {
  const value = /^bearer\s+(\S+)\s*$/i.exec(authorization ?? '')?.[1];
  if (value === undefined) throw authenticationRequired();
  const verdict = tokens.check(value);
  switch (verdict.kind) {
    case 'active':
      return verdict.token;
    case 'unknown':
      throw badCredentials();
    case 'expired':
      throw credentialsExpired();
  }
}

function passLimit(
  limiter: RateLimiter,
  token: AccessToken,
  operation: string,
  passage: Passage,
): void {
  const verdict: LimitVerdict = limiter.take({
    token: token.value,
    orgAppUser: `${token.client.id}:${token.userId ?? ''}`,
    clientCredentials: token.userId === undefined,
    operation,
  });
  passage.limitHeaders = { ...verdict.headers };
  if (!verdict.allowed) throw new PlatformError(verdict.error);
}

/** No route: the platform lacks the path (404), has it for other methods (405), or the emulator lacks it (501). */
function missing(
  platformPaths: Pick<PlatformPaths, 'find'>,
  { method, path }: ApiRequest,
  match: Exclude<Match<Route>, { readonly kind: 'route' }>,
): PlatformError {
  const known = platformPaths.find(method, path);
  switch (known.kind) {
    case 'operation':
      return notEmulated(method, known.template);
    case 'other-methods':
      return methodNotAllowed(known.methods);
    case 'unknown':
      return match.kind === 'method' ? methodNotAllowed(match.allowed) : notFound();
  }
}

function authorize(route: Route, token: AccessToken): void {
  if (route.context === 'user' && token.userId === undefined) throw notAUser();
  if (route.context === 'client' && token.userId !== undefined) throw notAClient();
  const { scope, permissions } = route;
  if (scope !== undefined && token.userId !== undefined && !hasScope(token.scopes, scope)) {
    throw missingScope(scope);
  }
  if (permissions === undefined) return;
  const granted = token.permissions;
  const lacking = permissions.names.filter((name) => !hasPermission(granted, name));
  if (permissions.kind === 'all' && lacking.length > 0) throw missingPermissions('all', lacking);
  if (permissions.kind === 'any' && lacking.length === permissions.names.length) {
    throw missingPermissions('any', lacking);
  }
}

/** `conversations` includes `conversations:readonly`; `*` includes all. */
function hasScope(granted: readonly string[], wanted: string): boolean {
  return (
    granted.includes('*') ||
    granted.includes(wanted) ||
    granted.includes(wanted.replace(/:readonly$/, ''))
  );
}
