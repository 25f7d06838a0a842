import { z } from 'zod';
import type { PersonKey } from '../../../ledger/turn.ts';
import type { HttpRooms } from '../rooms.ts';
import { route, type Route } from '../route.ts';

const value = z.string().trim().min(1).max(512);

const person = z
  .strictObject({
    phone: value.optional().describe('The number, as E.164.'),
    customer: value.optional().describe('The customer’s id in your own systems.'),
  })
  .refine(({ phone, customer }) => (phone === undefined) !== (customer === undefined), {
    error: 'expected phone or customer, one of the two',
  });

const count = z.int().min(0);
const erasure = z.object({
  conversations: count,
  requests: count,
  messages: count,
  feedEvents: count,
  entries: count,
  auditRows: count.describe('Rows whose digests mean nothing any more; the rows stay.'),
  cachedAnswers: count,
});

/** The right to be forgotten. */
export function erasureRoutes({ erase }: HttpRooms): readonly Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/erasures',
      operationId: 'erasePerson',
      summary: 'Remove a person from ledger, outbox, feed and cache',
      description: 'The audit’s chain still holds. What stands on the platform is not touched.',
      access: 'erase',
      body: person,
      answers: { 200: { description: 'What was removed.', schema: erasure } },
      handle: ({ body }) => erase(personOf(body)),
    }),
  ];
}

function personOf({ phone, customer }: z.infer<typeof person>): PersonKey {
  return phone === undefined
    ? { kind: 'customer', value: customer ?? '' }
    : { kind: 'phone', value: phone };
}
