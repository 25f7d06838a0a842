import { RapportError } from '../../domain/errors.ts';
import { asText, type Fields } from '../../domain/fields.ts';
import { isPlatformError } from '../errors.ts';
import {
  apiPath,
  type CallOptions,
  type PlatformRequest,
  type Requester,
} from '../request/platform-request.ts';
import { expectFields, expectText } from './fields.ts';
import { listPages } from './paging.ts';

export interface Queue {
  readonly id: string;
  readonly name: string;
}

/** Permissions in this file are those of the platform's API description of July 2026, read 2026-11-20. */
export interface RoutingApi {
  /** Needs permission `routing:queue:view`; scope `routing` or `routing:readonly`. */
  getQueue(queueId: string, options?: CallOptions): Promise<Queue>;
  /** All queues, or those whose name matches (`*` is a wildcard). Needs permission `routing:queue:view`. */
  listQueues(
    filter: { readonly name?: string | undefined },
    options?: CallOptions,
  ): Promise<readonly Queue[]>;
  /**
   * The queue of that id, or else of exactly that name (case does not matter).
   *
   * Needs permission `routing:queue:view`.
   * @throws {RapportError} `ERR_GENESYS_NO_SUCH_QUEUE`
   */
  findQueue(idOrName: string, options?: CallOptions): Promise<Queue>;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function createRoutingApi(requester: Requester): RoutingApi {
  const api: RoutingApi = {
    async getQueue(queueId, options) {
      const request: PlatformRequest = {
        operation: 'getRoutingQueue',
        method: 'GET',
        path: apiPath`/api/v2/routing/queues/${queueId}`,
      };
      const answer = await requester.send(request, options);
      const fields = expectFields(request, answer);
      expectText(fields, 'id', { request, answer });
      return toQueue(fields);
    },
    async listQueues(filter, options) {
      const queues: Queue[] = [];
      const request: PlatformRequest = {
        operation: 'getRoutingQueues',
        method: 'GET',
        path: '/api/v2/routing/queues',
        query: { name: filter.name },
      };
      for await (const fields of listPages(requester, request, options))
        queues.push(toQueue(fields));
      return queues;
    },
    async findQueue(idOrName, options) {
      const byId = UUID.test(idOrName) ? await getIfThere(api, idOrName, options) : undefined;
      if (byId !== undefined) return byId;
      const wanted = idOrName.toLowerCase();
      const queues = await api.listQueues({ name: idOrName }, { ...options, permit: undefined });
      const queue = queues.find(({ name }) => name.toLowerCase() === wanted);
      if (queue !== undefined) return queue;
      throw noSuchQueue(idOrName, queues);
    },
  };
  return api;
}

async function getIfThere(
  api: RoutingApi,
  queueId: string,
  options?: CallOptions,
): Promise<Queue | undefined> {
  try {
    return await api.getQueue(queueId, options);
  } catch (error) {
    if (isPlatformError(error) && error.status === 404) return undefined;
    throw error;
  }
}

function toQueue(fields: Fields): Queue {
  return { id: asText(fields['id']) ?? '', name: asText(fields['name']) ?? '' };
}

function noSuchQueue(idOrName: string, near: readonly Queue[]): RapportError {
  const names = near.slice(0, 5).map(({ name }) => name);
  return new RapportError({
    code: 'ERR_GENESYS_NO_SUCH_QUEUE',
    message: `no queue has the id or name ${JSON.stringify(idOrName)}`,
    nextStep: `${names.length === 0 ? '' : `Similar: ${names.join(', ')}. `}Copy the queue's name from Admin > Queues; the OAuth client's role must cover the queue's division.`,
    details: { idOrName },
  });
}
