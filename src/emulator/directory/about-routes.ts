import { REQUEST_BYTES_MAX } from '../http/body.ts';
import { notFound } from '../http/errors.ts';
import { ok, param, type Route } from '../http/route.ts';
import type { RateLimiter } from '../limits/rate-limiter.ts';
import { CHANNELS_PER_OWNER, TOPICS_PER_CHANNEL } from '../push/channels.ts';

/** Scopes that the emulator's routes ask for, and those beside them that clients are often given. */
const SCOPES: readonly string[] = [
  'analytics',
  'architect',
  'conversations',
  'integrations',
  'messaging',
  'notifications',
  'oauth',
  'organization',
  'process-automation',
  'routing',
  'users',
];

/** What the platform says of itself: scopes and limits. */
export function aboutRoutes(limiter: RateLimiter): Route[] {
  const base = '/api/v2/organizations/limits/namespaces/{namespaceName}';
  const limits: Route['handle'] = (call) => {
    const name = param(call, 'namespaceName');
    const entities = limitsOf(limiter, name);
    if (entities.length === 0) throw notFound();
    return ok({ entities });
  };
  return [
    { method: 'GET', path: '/api/v2/oauth/scopes', handle: () => ok(viewScopes()) },
    { method: 'GET', path: base, scope: 'organization:readonly', handle: limits },
    { method: 'GET', path: `${base}/defaults`, scope: 'organization:readonly', handle: limits },
  ];
}

function viewScopes(): unknown {
  const ids = ['user-basic-info', ...SCOPES.flatMap((scope) => [scope, `${scope}:readonly`])];
  const entities = ids.map((id) => ({
    id,
    description: id,
    selfUri: `/api/v2/oauth/scopes/${encodeURIComponent(id)}`,
  }));
  return { total: entities.length, entities, selfUri: '/api/v2/oauth/scopes' };
}

/** The limits as they are set now, so that a client that asks learns what it will be held to. */
function limitsOf(
  { settings }: RateLimiter,
  namespace: string,
): { readonly key: string; readonly namespace: string; readonly value: number }[] {
  const known: ReadonlyMap<string, Readonly<Record<string, number>>> = new Map([
    [
      'platform.api',
      {
        'client.credentials.token.rate.per.minute': settings.tokenPerWindow,
        'token.rate.per.minute': settings.tokenPerWindow,
        'org.app.user.rate.per.minute': settings.orgAppUserPerWindow,
        'request.bytes.max': REQUEST_BYTES_MAX,
      },
    ],
    [
      'notifications',
      {
        'channels.per.user.application.max': CHANNELS_PER_OWNER,
        'topics.per.channel.max': TOPICS_PER_CHANNEL,
      },
    ],
  ]);
  const values = Object.entries(known.get(namespace) ?? {});
  return values.map(([key, value]) => ({ key, namespace, value }));
}
