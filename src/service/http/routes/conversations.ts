import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Attributes } from '../../../domain/attributes.ts';
import { actorOf } from '../../../access/principal.ts';
import { RapportError } from '../../../domain/errors.ts';
import { notSetAside } from '../../../ledger/errors.ts';
import {
  parseConversationId,
  parseParticipantId,
  type ParticipantId,
} from '../../../domain/ids.ts';
import type { RequestBody } from '../../../domain/request.ts';
import type { HttpRooms, Order, Receipt, Wait } from '../rooms.ts';
import { route, type Call, type Route } from '../route.ts';
import { pageAnswers, paging, readPage, rowId } from './paging.ts';
import { receipt } from './receipt.ts';
import { conversationRecord, conversationTimeline, outcomeSummary, phase } from './records.ts';
import { unknownConversation } from './unknown-conversation.ts';

const text = z.string().trim().min(1).max(512);

const enrichBody = z.strictObject({
  participantId: text
    .optional()
    .describe('Whom to write to; else the service chooses the customer.'),
  purpose: text.optional().describe('Purpose of the participant to write to.'),
  externalId: text.optional().describe('The customer’s id in your own systems.'),
  phone: text.optional().describe('The customer’s number, instead of the one on the conversation.'),
  email: text
    .optional()
    .describe('The customer’s e-mail address, instead of the one on the conversation.'),
  reason: text.optional().describe('Why, for the timeline.'),
});

const waitQuery = z.strictObject({
  wait: z
    .enum(['settled', 'visible'])
    .optional()
    .describe(
      'Answer with the outcome instead of the receipt: once settled, or once every key has its verdict.',
    ),
  timeoutMs: z.coerce
    .number()
    .int()
    .min(100)
    .max(60_000)
    .default(10_000)
    .describe('How long to wait, in milliseconds. 100 to 60000, default 10000.'),
});

const MAX_KEYS = 100;
const attributeKey = z.string().min(1).max(256);
const attributeValue = z.string().max(32_768).nullable();

/** Not `z.record`, which leaves out a key like `__proto__` without a word. */
const attributesInput = z
  .unknown()
  .transform((value, context): Attributes => {
    const wanted = new Map<string, string>();
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    const entries = isObject ? Object.entries(value) : [];
    if (entries.length < 1 || entries.length > MAX_KEYS) {
      context.addIssue(`expected an object of 1 to ${MAX_KEYS} keys`);
    }
    for (const [key, item] of entries.slice(0, MAX_KEYS)) {
      const parsed = attributeValue.safeParse(item);
      if (parsed.success && attributeKey.safeParse(key).success) wanted.set(key, parsed.data ?? '');
      else {
        const message =
          'expected a key of 1 to 256 and a text of at most 32768 characters, or null';
        context.addIssue({ code: 'custom', message, path: [key] });
      }
    }
    return wanted;
  })
  .meta({
    type: 'object',
    additionalProperties: { type: ['string', 'null'], maxLength: 32_768 },
    description: 'Values to write. `null` removes a key, by writing the empty text.',
  });

const setBody = z.strictObject({
  participantId: text
    .optional()
    .describe('Whom to write to; else the service chooses the customer.'),
  attributes: attributesInput,
  reason: text.optional().describe('Why, for the timeline.'),
});

const listQuery = z.strictObject({
  phase: phase.optional(),
  ...paging,
});

const IDEMPOTENCY = { 'idempotency-key': 'The same key again is answered with the first request.' };

const TAKEN = {
  200: {
    description: 'The outcome, when it was waited for.',
    schema: receipt.extend({ outcome: outcomeSummary }),
  },
  202: {
    description: 'Taken.',
    schema: receipt.extend({
      outcome: z.null().optional().describe('There with `wait`: it did not come in time.'),
    }),
  },
};

export function conversationRoutes(rooms: HttpRooms): readonly Route[] {
  return [enrich(rooms), setAttributes(rooms), list(rooms), read(rooms), replay(rooms)];
}

function enrich(rooms: HttpRooms): Route {
  return route({
    method: 'POST',
    path: '/v1/conversations/{id}/enrich',
    operationId: 'enrichConversation',
    summary: 'Ask for a conversation to be enriched',
    description: 'Answered once the request is durable, or with `wait` once its outcome is known.',
    access: 'enrich',
    headers: IDEMPOTENCY,
    query: waitQuery,
    body: enrichBody,
    example: { phone: '+12125550101', reason: 'asked by the dialler' },
    answers: TAKEN,
    handle: async (call) => {
      const body: RequestBody = { ...call.body, participantId: participantOf(call.body) };
      return answer(rooms, call, await rooms.ask(orderOf(call, 'enrich', body)));
    },
  });
}

function setAttributes(rooms: HttpRooms): Route {
  return route({
    method: 'PATCH',
    path: '/v1/conversations/{id}/attributes',
    operationId: 'setAttributes',
    summary: 'Write attributes as they are given, and prove them',
    access: 'write',
    headers: IDEMPOTENCY,
    query: waitQuery,
    body: setBody,
    example: { attributes: { 'case.number': 'C-1042', 'case.note': null } },
    answers: TAKEN,
    handle: async (call) => {
      const body: RequestBody = { ...call.body, participantId: participantOf(call.body) };
      return answer(rooms, call, await rooms.ask(orderOf(call, 'set', body)));
    },
  });
}

function list({ ledger }: HttpRooms): Route {
  return route({
    method: 'GET',
    path: '/v1/conversations',
    operationId: 'listConversations',
    summary: 'Conversations that are known, the last changed first',
    description:
      'One that changes while its list is being read moves to the front, and so may not be on a later page.',
    access: 'read',
    query: listQuery,
    answers: pageAnswers('conversations', conversationRecord),
    handle: ({ query }) =>
      readPage(query, {
        list: 'conversations',
        place: z.object({ changedAt: z.int().min(0), id: rowId }),
        read: (page) => ledger.conversations({ phase: query.phase, ...page }),
      }),
  });
}

function read(rooms: HttpRooms): Route {
  return route({
    method: 'GET',
    path: '/v1/conversations/{id}',
    operationId: 'readConversation',
    summary: 'One conversation: its timeline and the proof of each key',
    access: 'read',
    answers: {
      200: { description: 'What is known.', schema: conversationTimeline },
      404: { description: 'Nothing is known of it.' },
    },
    handle: async ({ params }) => {
      const conversationId = parseConversationId(params['id']);
      const found = await rooms.readConversation(conversationId);
      if (found !== undefined) return found;
      throw unknownConversation(conversationId);
    },
  });
}

function replay({ replayConversation }: HttpRooms): Route {
  return route({
    method: 'POST',
    path: '/v1/conversations/{id}/replay',
    operationId: 'replayConversation',
    summary: 'Work again on a conversation that was set aside',
    access: 'enrich',
    answers: {
      202: {
        description: 'It is due.',
        schema: z.object({ enrichmentId: z.string() }),
      },
      404: { description: 'It is not set aside.' },
    },
    handle: async ({ params, request, reply }) => {
      const conversationId = parseConversationId(params['id']);
      const accepted = await replayConversation(conversationId, askerOf(request));
      if (accepted !== undefined) {
        void reply.code(202);
        return { enrichmentId: accepted.id };
      }
      throw notSetAside(conversationId);
    },
  });
}

function participantOf({
  participantId,
}: {
  readonly participantId?: string | undefined;
}): ParticipantId | undefined {
  return participantId === undefined ? undefined : parseParticipantId(participantId);
}

/** Who asked, for the audit. */
function askerOf({ principal }: FastifyRequest): string | undefined {
  return principal && actorOf(principal);
}

function orderOf(call: Call<unknown, unknown>, kind: Order['kind'], body: RequestBody): Order {
  const key = call.request.headers['idempotency-key'];
  if (key !== undefined && !(typeof key === 'string' && /^[\x21-\x7e]{1,200}$/.test(key))) {
    throw new RapportError({
      code: 'ERR_IDEMPOTENCY_KEY',
      message: 'Idempotency-Key must be 1 to 200 printable ASCII characters without spaces',
      nextStep: 'Use a UUID.',
      details: { httpStatus: 422 },
    });
  }
  const conversationId = parseConversationId(call.params['id']);
  const askedBy = askerOf(call.request);
  return { conversationId, kind, body: { ...body, askedBy }, idempotencyKey: key };
}

async function answer(
  rooms: HttpRooms,
  { query, params, reply }: Call<z.infer<typeof waitQuery>, unknown>,
  taken: Receipt,
): Promise<unknown> {
  void reply.code(202);
  if (query.wait === undefined) return taken;
  const gone = new AbortController();
  const leave = (): void => gone.abort(new Error('the caller has gone'));
  // Not the request's own, which comes as soon as its body was read.
  reply.raw.once('close', leave);
  if (reply.raw.destroyed) leave();
  const wait: Wait = {
    conversationId: parseConversationId(params['id']),
    enrichmentId: taken.enrichmentId,
    until: query.wait,
    timeoutMs: query.timeoutMs,
    signal: gone.signal,
  };
  try {
    const outcome = await rooms.waitFor(wait);
    if (outcome === undefined) return { ...taken, outcome: null };
    void reply.code(200);
    return { ...taken, outcome };
  } finally {
    reply.raw.off('close', leave);
  }
}
