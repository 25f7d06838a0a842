import type { TraceId } from '../domain/ids.ts';
import type { Permit } from '../genesys/budget/budget.ts';
import type { GenesysClient } from '../genesys/client.ts';
import type { CallOptions } from '../genesys/request/platform-request.ts';
import type { PlatformPort, PortCall } from './platform-port.ts';

export interface ClientPortOptions {
  readonly client: Pick<GenesysClient, 'conversations' | 'attributes' | 'send'>;
  readonly traceId?: TraceId | undefined;
  /** The turn's permits; they are spent on its own lanes, never on proof reads. */
  readonly permit?: Permit | undefined;
}

/** Fits the platform client to one turn. */
export function createClientPort({ client, traceId, permit }: ClientPortOptions): PlatformPort {
  const toOptions = ({ signal, lane, onRequest, beforeSend }: PortCall): CallOptions => ({
    signal,
    lane,
    traceId,
    beforeSend,
    permit: lane !== 'verify' && permit !== undefined && permit.left > 0 ? permit : undefined,
    meter: onRequest && { add: onRequest },
  });
  return {
    getConversation: (id, call) => client.conversations.get(id, toOptions(call)),
    patchAttributes: (target, changes, call) =>
      client.attributes.patch(target, changes, toOptions(call)),
    async getSecureAttributes(id, call) {
      const secure = await client.attributes.getSecure(id, toOptions(call));
      return secure.attributes;
    },
    patchSecureAttributes: (id, attributes, call) =>
      // The version is not used by PATCH, which merges key by key.
      client.attributes.patchSecure(id, { attributes, version: undefined }, toOptions(call)),
    async send(request, call) {
      const answer = await client.send(request, toOptions(call));
      return answer.body;
    },
  };
}
