import { z } from 'zod';
import { parseConversationId } from '../../../domain/ids.ts';
import { LOOKUP_STATUSES } from '../../lookup.ts';
import type { HttpRooms } from '../rooms.ts';
import { route, type Route } from '../route.ts';

/** Flows send the empty text for what is not set. */
const optionalText = z
  .union([z.string(), z.number().transform(String)], { error: 'expected a text or a number' })
  .nullish()
  .transform((value) => {
    const text = value?.trim();
    return text === undefined || text === '' ? undefined : text;
  })
  .pipe(z.string().max(512).optional());

const identifiers = {
  conversationId: optionalText,
  externalId: optionalText,
  phone: optionalText,
  email: optionalText,
};
const NAMES = Object.keys(identifiers);

/** One that is there and empty is a caller of whom nothing is known, such as by a number that is withheld. */
const lookupBody = z
  .object(identifiers)
  .refine((body) => NAMES.some((name) => name in body), {
    error: `expected at least one of ${NAMES.join(', ')}; it may be empty`,
  })
  .meta({ anyOf: NAMES.map((name) => ({ required: [name] })) });

const lookupQuery = z.strictObject({
  timeoutMs: z.coerce
    .number()
    .int()
    .min(50)
    .max(30_000)
    .default(2000)
    .describe(
      'When an answer is due, in milliseconds: stale or partial rather than late. 50 to 30000, default 2000.',
    ),
});

const lookupAnswer = z.object({
  status: z.enum(LOOKUP_STATUSES),
  attributes: z.record(z.string(), z.string()),
  traceId: z.string(),
});

export function lookupRoutes(rooms: HttpRooms): readonly Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/lookup',
      operationId: 'lookUp',
      summary: 'Look a customer up and map, writing nothing',
      description:
        'What a data action calls while the flow waits. Same sources, cache and mapping as an enrichment. With nothing but `conversationId` the customer is found on the conversation, which costs a request to the platform; with a key it is not read.',
      access: 'lookup',
      query: lookupQuery,
      body: lookupBody,
      example: { phone: '+12125550101' },
      answers: { 200: { description: 'What is known by then.', schema: lookupAnswer } },
      handle: ({ query, body: { conversationId, externalId, phone, email } }) =>
        rooms.lookup({
          externalId,
          phone,
          email,
          conversationId:
            conversationId === undefined ? undefined : parseConversationId(conversationId),
          timeoutMs: query.timeoutMs,
        }),
    }),
  ];
}
