import type { GenesysClient } from '../../genesys/client.ts';
import { isPlatformError } from '../../genesys/errors.ts';
import { createContextReader, type ContextDeps, type ReadContext } from '../context.ts';

export interface ContextParts extends Omit<ContextDeps, 'readConversation'> {
  readonly client: Pick<GenesysClient, 'conversations'>;
}

/** Reads what stands on a conversation as manual work does. */
export function openContext({ client, ...deps }: ContextParts): ReadContext {
  return createContextReader({
    ...deps,
    async readConversation(id, { signal }) {
      try {
        return await client.conversations.get(id, { lane: 'manual', signal });
      } catch (error) {
        if (isPlatformError(error) && error.status === 404) return undefined;
        throw error;
      }
    },
  });
}
