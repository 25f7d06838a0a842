import { z } from 'zod';

/** What the ledger's lists and timelines are made of, as it is answered. What is not known is left out. */

const instant = (what: string): z.ZodNumber =>
  z.number().describe(`${what} Epoch milliseconds, by the clock of the store.`);

const durationMs = z.number().min(0);

const keyVerdict = z.object({
  participantId: z.string(),
  key: z.string(),
  state: z.string().describe('What is known of it; `visible` is proved.'),
  class: z.enum(['public', 'personal', 'secret']),
  advice: z.string().optional().describe('What to do, when the state is not a good one.'),
  provedAfterMs: durationMs.optional().describe('From the write to the evidence that proved it.'),
});

const sourceVerdict = z.object({
  source: z.string(),
  answer: z.enum(['found', 'not-found', 'failed', 'skipped']),
  from: z.enum(['source', 'fresh-cache', 'stale-cache', 'none']),
  keyKind: z.string().optional().describe('By what it was asked; absent for a conversation.'),
  durationMs,
  ageMs: durationMs.optional().describe('Of a cached value.'),
  reason: z.string().optional(),
});

/** What became of one turn. */
export const outcomeSummary: z.ZodObject = z.object({
  conversationId: z.string(),
  enrichmentIds: z.array(z.string()),
  traceId: z.string(),
  result: z.enum(['enriched', 'unchanged', 'not-found', 'failed', 'skipped']),
  reason: z.string().optional().describe('Why it failed or was skipped: a code or a word.'),
  message: z.string().optional(),
  participantId: z.string().optional(),
  participantRule: z.string().optional().describe('The rule that chose the participant.'),
  sources: z.array(sourceVerdict),
  keys: z.array(keyVerdict),
  dropped: z.array(z.object({ key: z.string(), reason: z.string() })).describe('Not written.'),
  platformRequests: z.int().describe('Without proof reads.'),
  proofRequests: z.int(),
  payloadHash: z.string().optional().describe('SHA-256 of the patch in RFC 8785 form, hex.'),
  stages: z.record(z.string(), z.number()).describe('How long each took, in milliseconds.'),
  report: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('What `rapport inspect` shows, every value masked.'),
});

const outcome = z.object({
  id: z.string(),
  conversationId: z.string(),
  fence: z.int(),
  at: instant('When.'),
  summary: outcomeSummary,
});

const lane = z.enum(['live', 'manual', 'verify', 'backfill']);

const request = z.object({
  id: z.string().describe('The `enrichmentId` that was acknowledged.'),
  conversationId: z.string(),
  kind: z.string(),
  lane,
  traceId: z.string(),
  arrival: z.int().describe('1 for the first request of the conversation.'),
  receivedAt: instant('When it became durable.'),
  outcome: outcome.optional(),
});

export const phase: z.ZodEnum<{
  idle: 'idle';
  due: 'due';
  leased: 'leased';
  dead: 'dead';
  closed: 'closed';
}> = z.enum(['idle', 'due', 'leased', 'dead', 'closed']);

export const conversationRecord: z.ZodObject = z.object({
  id: z.string(),
  phase,
  lane,
  dueAt: instant('When it is worked on next.').optional(),
  fence: z.int().describe('How often it was taken up.'),
  arrivals: z.int().describe('Requests so far.'),
  attempts: z.int().describe('Since the last success.'),
  reason: z.string().optional().describe('Why it waits, or was set aside.'),
  participantId: z.string().optional(),
  media: z.string().optional(),
  firstSeenAt: instant('When it was first asked for.'),
  endedAt: instant('When it ended.').optional(),
  changedAt: instant('When anything of this changed.'),
  feedSeq: z.int().describe('Number of its last feed event.'),
});

/** One conversation with its timeline. */
export const conversationTimeline: z.ZodObject = conversationRecord.extend({
  keys: z.array(
    keyVerdict.extend({
      sentAt: instant('When it was last sent.').optional(),
      acceptedAt: instant('When the platform took it.').optional(),
      provedAt: instant('When it was proved.').optional(),
    }),
  ),
  requests: z.array(request).describe('The latest 100, first to last.'),
  outcomes: z.array(outcome).describe('The latest 100, first to last.'),
});

export const auditRecord: z.ZodObject = z.object({
  id: z.string(),
  conversationId: z.string().optional(),
  at: instant('When.'),
  actor: z.string(),
  action: z.string(),
  keys: z.array(
    z.object({
      participantId: z.string().optional(),
      key: z.string(),
      digest: z.string().optional().describe('Of the value, under a salt that can be erased.'),
    }),
  ),
  requestId: z.string().optional(),
  traceId: z.string().optional(),
  correlationIds: z.array(z.string()).describe('The platform’s own.'),
  enrichment: z
    .object({
      success: z.boolean(),
      error: z.string().optional(),
      latencyMs: durationMs.optional(),
      payloadHash: z.string().optional(),
    })
    .optional(),
  seq: z.int().optional().describe('Its place in the chain; absent until it is sealed.'),
  hash: z.string().optional(),
});

export const delivery: z.ZodObject = z.object({
  id: z.string(),
  destination: z.string(),
  conversationId: z.string(),
  type: z.string(),
  traceId: z.string().optional(),
  state: z.enum(['waiting', 'sending', 'sent', 'dead']),
  attempts: z.int(),
  nextAt: instant('When it may be sent next.'),
  lastStatus: z.string().optional(),
  createdAt: instant('When it was to be told.'),
  changedAt: instant('When anything of this changed.'),
});
