import type { FastifyInstance } from 'fastify';
import { RapportError, messageOf } from '../../../domain/errors.ts';
import type { HttpRooms } from '../rooms.ts';

/** `POST /v1/events`: a notification frame, an EventBridge envelope, or flat JSON from a data action. */
export function addEventRoutes(app: FastifyInstance, rooms: HttpRooms): void {
  void app.register(async (scope) => {
    // Kept as text: a signature covers the bytes, not what a parser made of them.
    scope.removeContentTypeParser('application/json');
    scope.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => {
      done(null, body);
    });
    scope.post('/v1/events', async (request, reply) => {
      const raw = typeof request.body === 'string' ? request.body : '';
      const receipt = await rooms.takeEvent({
        headers: request.headers,
        raw,
        body: parseJson(raw),
      });
      return reply.code(202).send(receipt);
    });
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
