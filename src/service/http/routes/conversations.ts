import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { RapportError } from '../../../domain/errors.ts';
import { parseConversationId, parseParticipantId } from '../../../domain/ids.ts';
import type { RequestBody } from '../../../domain/request.ts';
import type { HttpRooms } from '../rooms.ts';

const text = z.string().min(1).max(256);

const enrichBodySchema = z.strictObject({
  participantId: text.optional(),
  purpose: text.optional(),
  externalId: text.optional(),
  phone: text.optional(),
  email: text.optional(),
  reason: text.optional(),
});

interface IdParams {
  readonly Params: { readonly id: string };
}

export function addConversationRoutes(app: FastifyInstance, rooms: HttpRooms): void {
  app.post<IdParams>('/v1/conversations/:id/enrich', async (request, reply) => {
    const conversationId = parseConversationId(request.params.id);
    const key = request.headers['idempotency-key'];
    const receipt = await rooms.enrich({
      conversationId,
      body: parseEnrichBody(request.body ?? {}),
      idempotencyKey: typeof key === 'string' ? key : undefined,
    });
    return reply.code(202).send(receipt);
  });

  app.get<IdParams>('/v1/conversations/:id', async (request) => {
    const conversationId = parseConversationId(request.params.id);
    const found = await rooms.readConversation(conversationId);
    if (found !== undefined) return found;
    throw new RapportError({
      code: 'ERR_UNKNOWN_CONVERSATION',
      message: `nothing is known of conversation ${conversationId}`,
      nextStep: 'Ask for it with POST /v1/conversations/{id}/enrich.',
      details: { httpStatus: 404 },
    });
  });
}

function parseEnrichBody(value: unknown): RequestBody {
  const parsed = enrichBodySchema.safeParse(value);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      (issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`,
    );
    throw new RapportError({
      code: 'ERR_INVALID_BODY',
      message: problems.join('; '),
      nextStep:
        'Send a JSON object with any of participantId, purpose, externalId, phone, email, reason.',
      details: { httpStatus: 422 },
    });
  }
  const { participantId, ...rest } = parsed.data;
  return participantId === undefined
    ? rest
    : { ...rest, participantId: parseParticipantId(participantId) };
}
