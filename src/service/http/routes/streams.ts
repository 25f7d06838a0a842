import { z } from 'zod';
import { notOnConversation } from '../../../access/attendance.ts';
import { may, notAllowed, notSignedIn, type Principal } from '../../../access/principal.ts';
import type { TicketTarget } from '../../../access/tickets.ts';
import { RapportError } from '../../../domain/errors.ts';
import { parseConversationId } from '../../../domain/ids.ts';
import { parseLastEventNumber } from '../../../feed/sse.ts';
import type { Subscription } from '../../../feed/subscription.ts';
import type { HttpRooms } from '../rooms.ts';
import { route, type Call, type Route } from '../route.ts';
import { sendStream } from '../send-stream.ts';

const ticketBody = z.strictObject({
  conversationId: z
    .string()
    .min(1)
    .max(128)
    .optional()
    .describe('Without it, a ticket for all conversations.'),
});

const ticketAnswer = z.object({
  ticket: z.string().describe('Given as `?ticket=` once, within its life.'),
  expiresAt: z.number().describe('Epoch milliseconds.'),
});

const streamQuery = z.strictObject({
  ticket: z
    .string()
    .max(2048)
    .optional()
    .describe('In place of the Authorization header, for a browser’s EventSource.'),
  lastEventId: z.string().max(128).optional().describe('In place of the header Last-Event-ID.'),
});
type StreamQuery = z.infer<typeof streamQuery>;

const ANSWERS = {
  200: { description: 'Server-sent events.', mediaType: 'text/event-stream' },
  401: { description: 'Neither a valid key nor a ticket that opens this stream was given.' },
  403: { description: 'This key, or this person, may not follow it.' },
  503: { description: 'Too many streams are open; `Retry-After` says when to come back.' },
};

export function streamRoutes(rooms: HttpRooms): readonly Route[] {
  return [ticket(rooms), conversationStream(rooms), allStream(rooms)];
}

function ticket({ tickets, assertSees }: HttpRooms): Route {
  return route({
    method: 'POST',
    path: '/v1/tickets',
    operationId: 'createTicket',
    summary: 'Get a ticket that opens one stream, once',
    access: 'read',
    subject: 'body',
    body: ticketBody,
    example: { conversationId: '2f6c1f0e-4a8b-4d53-9a53-5a0a8f9f5b11' },
    answers: { 201: { description: 'The ticket.', schema: ticketAnswer } },
    handle: async ({ body, request, reply }) => {
      if (request.principal === undefined) throw notSignedIn();
      const target = targetOf(body.conversationId);
      await assertMayFollow(request.principal, target, assertSees);
      void reply.code(201);
      return tickets.issue(request.principal, target);
    },
  });
}

function conversationStream(rooms: HttpRooms): Route {
  return route({
    method: 'GET',
    path: '/v1/conversations/{id}/events',
    operationId: 'followConversation',
    summary: 'Follow one conversation',
    description:
      'Events have numbers without gaps; `Last-Event-ID` resumes after one. An event `gap` says that some are kept no more: read the conversation anew.',
    access: 'own',
    isStream: true,
    query: streamQuery,
    answers: ANSWERS,
    handle: async (call) => {
      const conversationId = parseConversationId(call.params['id']);
      const reader = await admit(rooms, call, { kind: 'conversation', conversationId });
      const after = parseLastEventNumber(lastEventId(call));
      return stream(rooms, call, reader, rooms.feed.conversation(conversationId, after));
    },
  });
}

function allStream(rooms: HttpRooms): Route {
  return route({
    method: 'GET',
    path: '/v1/events',
    operationId: 'followAll',
    summary: 'Follow all conversations',
    description:
      'From now on, of all instances. A reader who is too slow loses the oldest events first, and is told by an event `gap`; so is one who resumes at another instance than before, since ids are of the instance that gave them: read the conversations anew.',
    access: 'own',
    isStream: true,
    query: streamQuery,
    answers: ANSWERS,
    handle: async (call) => {
      const reader = await admit(rooms, call, { kind: 'all' });
      return stream(rooms, call, reader, rooms.feed.all(lastEventId(call)));
    },
  });
}

/** Who reads. @throws {RapportError} `ERR_NOT_SIGNED_IN`, `ERR_TICKET`, `ERR_NOT_ALLOWED` */
async function admit(
  rooms: HttpRooms,
  call: Call<StreamQuery, unknown>,
  target: TicketTarget,
): Promise<Principal> {
  let { principal } = call.request;
  if (call.query.ticket !== undefined) {
    const redemption = await rooms.tickets.redeem(call.query.ticket, target);
    if (redemption.kind === 'refused') {
      throw new RapportError({
        code: 'ERR_TICKET',
        message: `the ticket does not open this stream: ${redemption.reason}`,
        nextStep: 'Get a new one with POST /v1/tickets; each opens one stream once.',
        details: { httpStatus: 401, reason: redemption.reason },
      });
    }
    ({ principal } = redemption);
  }
  if (principal === undefined) throw notSignedIn();
  if (!may(principal, 'read')) throw notAllowed('read');
  // Who has a ticket was asked when it was issued.
  if (call.query.ticket === undefined) await assertMayFollow(principal, target, rooms.assertSees);
  return principal;
}

/** A key that may read follows everything, a person only a conversation that they are on. */
async function assertMayFollow(
  principal: Principal,
  target: TicketTarget,
  assertSees: HttpRooms['assertSees'],
): Promise<void> {
  if (principal.kind === 'key') return;
  if (target.kind === 'all') throw notOnConversation();
  await assertSees(principal, target.conversationId);
}

async function stream(
  { clock, stillMay }: HttpRooms,
  { reply }: Call<unknown, unknown>,
  reader: Principal,
  subscription: Subscription | undefined,
): Promise<void> {
  if (subscription !== undefined) {
    await sendStream(reply, subscription, { clock, mayGoOn: () => stillMay(reader, 'read') });
    return;
  }
  throw new RapportError({
    code: 'ERR_TOO_MANY_STREAMS',
    message: 'too many streams are open',
    nextStep: 'Come back after the time in Retry-After, or ask another instance.',
    retryable: true,
    fault: 'ours',
    details: { httpStatus: 503, retryAfterMs: 5000 },
  });
}

function lastEventId({ request, query }: Call<StreamQuery, unknown>): string | undefined {
  const header = request.headers['last-event-id'];
  const text = typeof header === 'string' ? header : query.lastEventId;
  return text === '' ? undefined : text;
}

function targetOf(conversationId: string | undefined): TicketTarget {
  return conversationId === undefined
    ? { kind: 'all' }
    : { kind: 'conversation', conversationId: parseConversationId(conversationId) };
}
