import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { messageOf, RapportError } from '../../../domain/errors.ts';
import type { HttpRooms } from '../rooms.ts';
import { receipt } from './receipt.ts';
import { addRoutes, route, type Route } from '../route.ts';

const eventReceipt = z.object({
  accepted: z.int().describe('Requests made durable.'),
  requests: z.array(receipt).optional().describe('Which those are; absent for none.'),
  observed: z.int().describe('Observations weighed.'),
  ignored: z.string().optional().describe('Why an event of the platform led to nothing.'),
});

export function eventRoutes(rooms: HttpRooms): readonly Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/events',
      operationId: 'takeEvent',
      summary: 'Take an event',
      description:
        'A notification frame, an EventBridge envelope, or the flat JSON of a data action. It proves where it comes from by a Standard Webhooks signature, a bearer key or a basic credential.',
      access: 'own',
      isText: true,
      example: {
        conversationId: '2f6c1f0e-4a8b-4d53-9a53-5a0a8f9f5b11',
        phone: '+12125550101',
        reason: 'the flow asked',
      },
      answers: {
        202: { description: 'Everything it asks for is durable.', schema: eventReceipt },
        401: { description: 'It does not prove where it comes from.' },
        415: { description: 'Its `Content-Type` is none.' },
        422: {
          description: 'It is none of the three forms, or a flat one that asks for what cannot be.',
        },
        503: {
          description:
            'It cannot be made durable, or the platform has not told yet which queues and users are listened to; `Retry-After` says when to send it again.',
        },
      },
      handle: async ({ request, reply }) => {
        const raw = typeof request.body === 'string' ? request.body : '';
        const taken = await rooms.takeEvent({
          headers: request.headers,
          raw,
          body: parseJson(raw),
        });
        void reply.code(202);
        return taken;
      },
    }),
  ];
}

/** Adds routes whose body stays text: a signature covers what was sent, not what a parser made of it. */
export function addTextRoutes(app: FastifyInstance, routes: readonly Route[]): void {
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => {
      done(null, body);
    });
    addRoutes(scope, routes);
  });
}

function parseJson(raw: string): unknown {
  try {
    return JSON.parse(raw);
  } catch (error) {
    throw new RapportError({
      code: 'ERR_MALFORMED_JSON',
      message: `the body is not JSON: ${messageOf(error)}`,
      nextStep: 'Send one JSON object.',
      details: { httpStatus: 400 },
      cause: error,
    });
  }
}
