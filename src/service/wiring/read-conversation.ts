import type { GenesysClient } from '../../genesys/client.ts';
import { isPlatformError } from '../../genesys/errors.ts';
import type { ReadConversation } from '../context.ts';

/** Whoever looks at a conversation leaves live work the first claim on the rate budget. */
export function createConversationReader({
  conversations,
}: Pick<GenesysClient, 'conversations'>): ReadConversation {
  return async (id, { signal }) => {
    try {
      return await conversations.get(id, { lane: 'manual', signal });
    } catch (error) {
      // 400: the platform's answer to an id that none of its conversations could have.
      const isUnknown = isPlatformError(error) && (error.status === 404 || error.status === 400);
      if (isUnknown) return undefined;
      throw error;
    }
  };
}
