import { RapportError } from '../../../domain/errors.ts';
import type { ConversationId } from '../../../domain/ids.ts';

export function unknownConversation(conversationId: ConversationId): RapportError {
  return new RapportError({
    code: 'ERR_UNKNOWN_CONVERSATION',
    message: `nothing is known of conversation ${conversationId}`,
    nextStep: 'Ask for it with POST /v1/conversations/{id}/enrich.',
    details: { httpStatus: 404 },
  });
}
