import { z } from 'zod';
import { parseConversationId } from '../../../domain/ids.ts';
import type { HttpRooms } from '../rooms.ts';
import { route, type Route } from '../route.ts';
import { unknownConversation } from './unknown-conversation.ts';

const contextAnswer = z.object({
  conversationId: z.string(),
  attributes: z.array(
    z.object({
      participantId: z.string(),
      key: z.string(),
      value: z.string().nullable().describe('`null` when the key is not there, or is empty.'),
      state: z.string().describe('What is known of it; `visible` is proved.'),
    }),
  ),
  withheld: z.array(z.string()).describe('Keys of the class `secret`: their values are not shown.'),
});

/** What an agent's desktop shows, once the stream has told it that there is something new. */
export function contextRoutes({ readContext }: HttpRooms): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/conversations/{id}/attributes',
      operationId: 'readAttributes',
      summary: 'The values that stand there of the keys that were written',
      description:
        'For a key with the scope `attributes`, and for an agent who is on the conversation. Proved values that this instance has written cost no request to the platform; else one read answers all who ask within a second.',
      access: 'attributes',
      answers: {
        200: { description: 'What stands there.', schema: contextAnswer },
        404: { description: 'Nothing is known of the conversation.' },
      },
      handle: async ({ params }) => {
        const conversationId = parseConversationId(params['id']);
        const context = await readContext(conversationId);
        if (context === undefined) throw unknownConversation(conversationId);
        return context;
      },
    }),
  ];
}
