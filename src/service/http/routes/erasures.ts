import { z } from 'zod';
import { actorOf } from '../../../access/principal.ts';
import type { Erased } from '../../../ledger/erase/erase.ts';
import type { PersonKey } from '../../../ledger/turn.ts';
import type { HttpRooms } from '../rooms.ts';
import { route, type Route } from '../route.ts';

const value = z.string().trim().min(1).max(512);

const order = z
  .strictObject({
    phone: value.optional().describe('The number, as E.164.'),
    customer: value.optional().describe('The customer’s id in your own systems, or their e-mail.'),
    linked: z
      .boolean()
      .optional()
      .describe(
        'Erase conversations, too, that share another key with those found. Default false.',
      ),
  })
  .refine(({ phone, customer }) => phone !== undefined || customer !== undefined, {
    error: 'expected phone, customer or both',
  });

const count = z.int().min(0);
const erased: z.ZodType<Erased> = z.object({
  conversations: count,
  linked: count.describe('Conversations left alone that share another key with the erased ones.'),
  busy: count.describe('Erased ones with work due or under way, which may write anew.'),
  keys: count.describe('Keys that the person was recorded under.'),
  requests: count,
  messages: count,
  feedEvents: count,
  entries: count,
  auditRows: count.describe('Rows whose digests mean nothing any more; the rows stay.'),
  remembered: count.describe('Answers, values and events that this instance had in memory.'),
  instances: count.describe('Others that run and forget theirs within seconds.'),
});

/** The right to be forgotten. */
export function erasureRoutes({ erase }: HttpRooms): readonly Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/erasures',
      operationId: 'erasePerson',
      summary: 'Remove a person from ledger, outbox, feed and the memory of every instance',
      description: 'The audit’s chain still holds. What stands on the platform is not touched.',
      access: 'erase',
      body: order,
      example: { phone: '+12125550101', customer: 'C-77', linked: true },
      answers: {
        200: { description: 'What was removed.', schema: erased },
        400: { description: 'It cannot be read, or a key names nobody.' },
      },
      handle: ({ body, request }) =>
        erase({
          persons: personsOf(body),
          linked: body.linked,
          actor: request.principal === undefined ? 'rapport' : actorOf(request.principal),
        }),
    }),
  ];
}

function personsOf({ phone, customer }: z.infer<typeof order>): readonly PersonKey[] {
  return [
    ...(phone === undefined ? [] : [{ kind: 'phone', value: phone } as const]),
    ...(customer === undefined ? [] : [{ kind: 'customer', value: customer } as const]),
  ];
}
