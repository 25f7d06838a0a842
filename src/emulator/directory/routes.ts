import { missingDivisionPermission, notFound } from '../http/errors.ts';
import { matchesName, pageOf } from '../http/page.ts';
import { all, any, ok, param, type Call, type Route } from '../http/route.ts';
import { parseUserSearch } from './user-search.ts';
import type { QueueState, UserState } from '../world/model.ts';
import type { World } from '../world/world.ts';

/** Queues and users: what a service looks up before it listens. */
export function directoryRoutes(world: World): Route[] {
  const readQueues = { scope: 'routing:readonly', permissions: all('routing:queue:view') };
  const readUsers = { scope: 'users:readonly', permissions: any('directory:user:view') };
  return [
    {
      ...readQueues,
      method: 'GET',
      path: '/api/v2/routing/queues',
      permissions: any('routing:queue:view'),
      handle: (call) => ok(listQueues(world, call)),
    },
    {
      ...readQueues,
      method: 'GET',
      path: '/api/v2/routing/queues/{queueId}',
      handle: (call) => ok(viewQueue(world, reachableQueue(world, call))),
    },
    {
      ...readUsers,
      method: 'GET',
      path: '/api/v2/users',
      handle: ({ query }) => {
        const ids = query.getAll('id').flatMap((text) => text.split(','));
        const users = [...world.users.values()].filter(
          (user) => ids.length === 0 || ids.includes(user.id),
        );
        return ok(
          pageOf(
            users.map((user) => viewUser(world, user)),
            query,
            '/api/v2/users',
          ),
        );
      },
    },
    {
      ...readUsers,
      method: 'POST',
      path: '/api/v2/users/search',
      permissions: undefined,
      handle: ({ body }) => {
        const isWanted = parseUserSearch(body);
        const found = [...world.users.values()].filter(isWanted);
        const results = found.map((user) => viewUser(world, user));
        const page = { pageSize: results.length, pageNumber: 1, pageCount: 1 };
        return ok({ ...page, total: results.length, types: ['users'], results });
      },
    },
    {
      ...readUsers,
      method: 'GET',
      path: '/api/v2/users/{userId}',
      handle: (call) => {
        const user = world.users.get(param(call, 'userId'));
        if (user === undefined) throw notFound();
        return ok(viewUser(world, user));
      },
    },
  ];
}

function listQueues(world: World, { query, token }: Call): unknown {
  const { divisions } = token;
  const ids = query.getAll('id').flatMap((text) => text.split(','));
  const inDivisions = query.getAll('divisionId').flatMap((text) => text.split(','));
  const queues = [...world.queues.values()].filter(
    (queue) =>
      matchesName(queue.name, query.get('name')) &&
      (ids.length === 0 || ids.includes(queue.id)) &&
      (inDivisions.length === 0 || inDivisions.includes(queue.divisionId)) &&
      // A listing leaves out what the roles do not reach; only a single read refuses.
      (divisions === undefined || divisions.includes(queue.divisionId)),
  );
  queues.sort((a, b) => a.name.localeCompare(b.name));
  return pageOf(
    queues.map((queue) => viewQueue(world, queue)),
    query,
    '/api/v2/routing/queues',
  );
}

function reachableQueue(world: World, call: Call): QueueState {
  const queue = world.queues.get(param(call, 'queueId'));
  if (queue === undefined) throw notFound();
  const { divisions } = call.token;
  if (divisions !== undefined && !divisions.includes(queue.divisionId)) {
    throw missingDivisionPermission();
  }
  return queue;
}

function viewQueue(world: World, queue: QueueState): unknown {
  const { id, name } = queue;
  const { name: divisionName } = world.divisions.get(queue.divisionId) ?? { name: 'Home' };
  return {
    id,
    name,
    division: { id: queue.divisionId, name: divisionName },
    dateCreated: new Date(queue.createdAt).toISOString(),
    memberCount: world.users.size,
    userMemberCount: world.users.size,
    joinedMemberCount: world.users.size,
    scoringMethod: 'TimestampAndPriority',
    skillEvaluationMethod: 'ALL',
    acwSettings: { wrapupPrompt: 'OPTIONAL' },
    selfUri: `/api/v2/routing/queues/${id}`,
  };
}

function viewUser(world: World, user: UserState): unknown {
  const { id, name, email } = user;
  const division = world.divisions.get(user.divisionId);
  return {
    id,
    name,
    division,
    email,
    username: email,
    state: 'active',
    version: 1,
    acdAutoAnswer: false,
    selfUri: `/api/v2/users/${id}`,
  };
}
