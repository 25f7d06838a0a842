import type { Conversation } from '../../domain/conversation.ts';
import type { ConversationId } from '../../domain/ids.ts';
import type { GenesysClient } from '../../genesys/client.ts';
import { isPlatformError } from '../../genesys/errors.ts';

/** Reads a conversation for somebody who asks; undefined where the platform knows none such. */
export type ReadConversation = (
  id: ConversationId,
  options: { readonly signal: AbortSignal },
) => Promise<Conversation | undefined>;

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
