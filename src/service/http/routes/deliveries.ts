import { z } from 'zod';
import { unknownDelivery } from '../../../ledger/errors.ts';
import type { OutboxMessage } from '../../../ledger/outbox/outbox.ts';
import type { HttpRooms } from '../rooms.ts';
import { route, type Route } from '../route.ts';
import { id, pageAnswers, paging, readPage, rowId } from './paging.ts';
import { delivery } from './records.ts';

const deliveriesQuery = z.strictObject({
  state: z.enum(['waiting', 'sending', 'sent', 'dead']).optional(),
  destination: z.string().min(1).max(128).optional(),
  conversationId: id.optional(),
  ...paging,
});

/** What was to be told to webhooks, and whether it was. */
export function deliveryRoutes({ ledger, replayDelivery }: HttpRooms): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/deliveries',
      operationId: 'listDeliveries',
      summary: 'Messages to webhooks, the newest first, without their bodies',
      access: 'deliveries',
      query: deliveriesQuery,
      answers: pageAnswers('deliveries', delivery),
      handle: ({ query: { state, destination, conversationId, ...page } }) =>
        readPage(page, {
          list: 'deliveries',
          place: z.object({ id: rowId }),
          read: async ({ before, limit }) => {
            const wanted = { state, destination, conversationId, before: before?.id, limit };
            return (await ledger.outbox.list(wanted)).map(withoutBody);
          },
        }),
    }),
    route({
      method: 'POST',
      path: '/v1/deliveries/{id}/replay',
      operationId: 'replayDelivery',
      summary: 'Send a dead or sent message again',
      description: 'A destination that had answered 410 is sent to again from then on.',
      access: 'deliveries',
      answers: {
        202: {
          description: 'It waits to be sent.',
          schema: z.object({ state: z.literal('waiting') }),
        },
        404: { description: 'There is no such message that is dead or sent.' },
      },
      handle: async ({ params, reply }) => {
        if (await replayDelivery(params['id'] ?? '')) {
          void reply.code(202);
          return { state: 'waiting' };
        }
        throw unknownDelivery();
      },
    }),
  ];
}

/** A body may hold a customer's data; who may see deliveries may not therefore see that. */
function withoutBody(message: OutboxMessage): Omit<OutboxMessage, 'body'> & { body: undefined } {
  return { ...message, body: undefined };
}
