import { z } from 'zod';
import { RapportError } from '../../domain/errors.ts';
import type { Latency } from './latency.ts';

/** When a rule fires, among the requests or frames that it matches. */
interface Occasion {
  /** Names the rule in reports and seeds its chance. Given by the emulator when absent. */
  readonly id: string;
  /** Share of the matches that are hit, 0 to 1. Absent: all. */
  readonly probability?: number | undefined;
  /** Matches that are let through first. Absent: none. */
  readonly skip?: number | undefined;
  /** Matches that are hit at most; then the rule is spent. Absent: no end. */
  readonly times?: number | undefined;
  /** Only what concerns this conversation. */
  readonly conversationId?: string | undefined;
}

interface OnRequest extends Occasion {
  /** `METHOD /path` with `*` or `{name}` for a segment and `**` for the rest. Absent: every request. */
  readonly operation?: string | undefined;
}

interface OnFrame extends Occasion {
  /** Topic with `*` or `{id}` for a part and `**` for the rest. Absent: every frame, heartbeats too. */
  readonly topic?: string | undefined;
  readonly channelId?: string | undefined;
}

/** A fault of the HTTP side. `commits` says whether the request takes effect all the same. */
export type RequestRule = OnRequest &
  (
    | {
        readonly kind: 'status';
        readonly status: number;
        readonly code?: string | undefined;
        readonly message?: string | undefined;
        /** Sent as `Retry-After`. */
        readonly retryAfterSeconds?: number | undefined;
        readonly commits: boolean;
      }
    | { readonly kind: 'latency'; readonly latency: Latency }
    /** The connection is cut. With `commits` the write lands and the client cannot know. */
    | { readonly kind: 'reset'; readonly commits: boolean }
    /** No answer ever comes; the client's own time-out ends it. */
    | { readonly kind: 'silence'; readonly commits: boolean }
    /** The token is revoked before the request is looked at, which so earns a 401. */
    | { readonly kind: 'revoke-token' }
  );

/** A fault of the notification side. */
export type FrameRule = OnFrame &
  (
    | { readonly kind: 'drop-frame' }
    | { readonly kind: 'duplicate-frame'; readonly copies: number; readonly spacing: Latency }
    | { readonly kind: 'delay-frame'; readonly latency: Latency }
    /** Sent only after `behind` later frames of its channel, or after `waitMs` if they do not come. */
    | { readonly kind: 'reorder-frame'; readonly behind: number; readonly waitMs: number }
    /** The socket is cut without a closing handshake; the frame is lost. */
    | { readonly kind: 'cut-socket' }
    /** The socket stays open and carries nothing for a while, heartbeats included. */
    | { readonly kind: 'mute-socket'; readonly forMs: number }
  );

export type FaultRule = RequestRule | FrameRule;

const FRAME_KINDS: ReadonlySet<string> = new Set<FrameRule['kind']>([
  'drop-frame',
  'duplicate-frame',
  'delay-frame',
  'reorder-frame',
  'cut-socket',
  'mute-socket',
]);

export const isFrameRule = (rule: FaultRule): rule is FrameRule => FRAME_KINDS.has(rule.kind);

/** A day: longer waits than any client's patience. */
const MAX_MS = 86_400_000;
const ms = z.number().min(0).max(MAX_MS);

const latency = z.discriminatedUnion('distribution', [
  z.strictObject({ distribution: z.literal('fixed'), ms }),
  z
    .strictObject({ distribution: z.literal('uniform'), minMs: ms, maxMs: ms })
    .refine((it) => it.minMs <= it.maxMs, {
      error: 'minMs must not be above maxMs',
      path: ['minMs'],
    }),
  z.strictObject({
    distribution: z.literal('lognormal'),
    medianMs: ms,
    sigma: z.number().min(0).max(5),
    maxMs: ms.default(MAX_MS),
  }),
]);

const occasion = {
  id: z.string().regex(/^[\w.-]{1,64}$/, 'expected 1 to 64 letters, digits, "_", "." or "-"'),
  probability: z.number().min(0).max(1).optional(),
  skip: z.int().min(0).optional(),
  times: z.int().min(1).optional(),
  conversationId: z.string().min(1).max(128).optional(),
};
const onRequest = {
  ...occasion,
  operation: z
    .string()
    .regex(
      /^([A-Z]+|\*) \/\S*$/,
      'expected "METHOD /path", such as "PATCH /api/v2/conversations/**"',
    )
    .optional(),
};
const onFrame = {
  ...occasion,
  topic: z.string().min(1).max(512).optional(),
  channelId: z.string().min(1).max(128).optional(),
};
const commits = z.boolean().default(false);

const faultRuleSchema: z.ZodType<FaultRule> = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('status'),
    ...onRequest,
    status: z.int().min(400).max(599),
    code: z.string().max(256).optional(),
    message: z.string().max(1024).optional(),
    retryAfterSeconds: z.int().min(0).max(86_400).optional(),
    commits,
  }),
  z.strictObject({ kind: z.literal('latency'), ...onRequest, latency }),
  z.strictObject({ kind: z.literal('reset'), ...onRequest, commits }),
  z.strictObject({ kind: z.literal('silence'), ...onRequest, commits }),
  z.strictObject({ kind: z.literal('revoke-token'), ...onRequest }),
  z.strictObject({ kind: z.literal('drop-frame'), ...onFrame }),
  z.strictObject({
    kind: z.literal('duplicate-frame'),
    ...onFrame,
    copies: z.int().min(2).max(100).default(2),
    spacing: latency.default({ distribution: 'fixed', ms: 0 }),
  }),
  z.strictObject({ kind: z.literal('delay-frame'), ...onFrame, latency }),
  z.strictObject({
    kind: z.literal('reorder-frame'),
    ...onFrame,
    behind: z.int().min(1).max(1000).default(1),
    waitMs: ms.default(1000),
  }),
  z.strictObject({ kind: z.literal('cut-socket'), ...onFrame }),
  z.strictObject({ kind: z.literal('mute-socket'), ...onFrame, forMs: ms }),
]);

/**
 * Reads one rule from JSON.
 * @throws {RapportError} `ERR_FAULT_RULE` that lists every problem with its path
 */
export function parseFaultRule(input: unknown, defaultId: string): FaultRule {
  const withId =
    typeof input === 'object' && input !== null && !Array.isArray(input)
      ? { id: defaultId, ...input }
      : input;
  const result = faultRuleSchema.safeParse(withId);
  if (result.success) return result.data;
  const problems = result.error.issues.map(
    (issue) => `${issue.path.join('.') || 'rule'}: ${issue.message}`,
  );
  throw new RapportError({
    code: 'ERR_FAULT_RULE',
    message: `not a fault rule: ${problems.join('; ')}`,
    nextStep:
      'Give one JSON object with a kind, such as {"kind": "status", "status": 503, "operation": "PATCH /api/v2/conversations/**", "times": 2}.',
    details: { problems },
  });
}
