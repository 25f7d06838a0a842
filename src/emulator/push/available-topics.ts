import { ok, type Call, type Route } from '../http/route.ts';
import { TOPIC_TEMPLATES } from './topic.ts';

export const availableTopicsRoute: Route = {
  method: 'GET',
  path: '/api/v2/notifications/availabletopics',
  scope: 'notifications',
  handle: (call) => ok(viewAvailableTopics(call)),
};

/** The topics that the emulator takes. */
function viewAvailableTopics({ query }: Call): unknown {
  const expand = new Set((query.get('expand') ?? '').split(','));
  return {
    entities: TOPIC_TEMPLATES.map(({ id, permission, transports }) => ({
      id,
      visibility: 'Public',
      enforced: true,
      ...(expand.has('requiresPermissions') ? { requiresPermissions: [permission] } : {}),
      ...(expand.has('transports') ? { transports } : {}),
    })),
  };
}
