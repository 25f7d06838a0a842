import { z } from 'zod';
import { successRate } from '../../../ledger/reading/success-rate.ts';
import type { HttpRooms } from '../rooms.ts';
import { route, type Route } from '../route.ts';
import { id, pageAnswers, paging, readPage, rowId } from './paging.ts';
import { auditRecord } from './records.ts';

const auditQuery = z.strictObject({
  conversationId: id.optional(),
  action: z.string().min(1).max(64).optional(),
  ...paging,
});

const statsAnswer = z.object({
  successRate: z
    .number()
    .min(0)
    .max(1)
    .nullable()
    .describe(
      'Turns that did what they were to do, of all that could, in the time that was asked for. Null when there were none.',
    ),
  ledger: z.looseObject({
    outcomes: z.record(z.string(), z.number()).describe('Turns by what became of them.'),
    requestMs: z.looseObject({}).describe('From acceptance to outcome: p50, p95, p99, samples.'),
  }),
  process: z.looseObject({}),
});

const reloadAnswer = z.object({
  applied: z.array(z.string()).describe('Sections that are in force now.'),
  needsRestart: z
    .array(z.string())
    .describe(
      'Sections that differ from those that the service was started with, and count only from the next start.',
    ),
});

const HOUR_MS = 3_600_000;

const statsQuery = z.strictObject({
  sinceMs: z.coerce
    .number()
    .int()
    .min(60_000)
    .max(30 * 24 * HOUR_MS)
    .default(HOUR_MS)
    .describe('How far back outcomes are counted, in milliseconds. Default 3600000.'),
});

/** What the people who run the service look at. */
export function operationRoutes(rooms: HttpRooms): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/stats',
      operationId: 'readStats',
      summary: 'Counts, waiting work, success rate and latencies',
      access: 'stats',
      query: statsQuery,
      description:
        'What the ledger holds, for all instances; and the state of the instance that answers: budget, sources, destinations, channels, streams, and the latest gaps since it started, with how many conversations were reconciled.',
      answers: { 200: { description: 'The numbers.', schema: statsAnswer } },
      handle: async ({ query }) => {
        const ledger = await rooms.ledger.stats(query.sinceMs);
        return {
          successRate: successRate(ledger) ?? null,
          ledger,
          process: rooms.stats(),
        };
      },
    }),
    reload(rooms),
    route({
      method: 'GET',
      path: '/v1/audit',
      operationId: 'listAudit',
      summary: 'Who did what to which keys, the newest first',
      description: 'Values are not kept; digests are, under a salt that can be erased.',
      access: 'audit',
      query: auditQuery,
      answers: pageAnswers('audit', auditRecord),
      handle: ({ query: { conversationId, action, ...page } }) =>
        readPage(page, {
          list: 'audit',
          place: z.object({ id: rowId }),
          read: ({ before, limit }) =>
            rooms.ledger.audit.list({ conversationId, action, before: before?.id, limit }),
        }),
    }),
    route({
      method: 'GET',
      path: '/metrics',
      operationId: 'readMetrics',
      summary: 'Metrics for Prometheus',
      access: 'stats',
      answers: { 200: { description: 'Text.', mediaType: 'text/plain' } },
      handle: async ({ reply }) => {
        const { text, mediaType } = await rooms.metrics();
        return reply.type(mediaType).send(text);
      },
    }),
  ];
}

function reload(rooms: HttpRooms): Route {
  return route({
    method: 'POST',
    path: '/v1/reload',
    operationId: 'reloadConfiguration',
    summary: 'Read the configuration again, on all instances',
    description:
      'Mapping, sources, writing, webhook, retention and keys are put in force for what begins from now on; nothing under way is lost. Streams whose key is gone are ended. The other instances follow within seconds, each by its own file.',
    access: 'reload',
    answers: {
      200: { description: 'What changed.', schema: reloadAnswer },
      409: { description: 'A program gave the configuration; there is no file to read.' },
      422: { description: 'It is wrong, and nothing has changed; every problem is listed.' },
    },
    handle: () => rooms.reload(),
  });
}
