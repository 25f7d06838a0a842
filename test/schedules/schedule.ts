import * as fc from 'fast-check';
import type { FaultRuleInput } from '../../src/emulator/control/control.ts';

/** The keys that we want; the flow and other writers set them too. `wiped` is personal and marked. */
export const OUR_KEYS = ['tier', 'note', 'wiped'] as const;
/** Keys that are never ours. The flow signs what it writes with the first one. */
export const THEIR_KEYS = ['ivr.language', 'agent.note'] as const;
/** Secret: it goes to the secure attributes, which are the conversation's, and only we write it. */
export const SECRET_KEY = 'pin';
export type OurKey = (typeof OUR_KEYS)[number];

/** One conversation's life: how its platform is, and what happens around it. */
export interface Schedule {
  readonly platform: PlatformMood;
  readonly steps: readonly Step[];
}

export interface PlatformMood {
  /** What Rapport hears of the conversation: its queue's frames, those and detail events, or nothing. */
  readonly topics: 'queue' | 'queue-and-detail' | 'none';
  /** One way, in milliseconds. */
  readonly latencyMs: number;
  /** What becomes of a write that is applied after the end. */
  readonly afterEnd: 'applied' | 'ignored';
  /** When a voice flow's values reach the cloud. */
  readonly voiceWrites: 'end' | 'at-once';
}

export interface Step {
  /** Milliseconds from the start. */
  readonly at: number;
  readonly what: Happening;
}

export type Happening =
  /** The CRM has new values for these keys, and somebody asks for the enrichment. */
  | { readonly kind: 'ask'; readonly keys: readonly (OurKey | typeof SECRET_KEY)[] }
  /** Another integration writes a key, by the same API. */
  | { readonly kind: 'other'; readonly key: string }
  /** A voice flow reads our keys, waits, and writes some of them back at its end. */
  | { readonly kind: 'flow'; readonly forMs: number; readonly writes: readonly OurKey[] }
  /** An agent takes it, or it goes back to the queue. */
  | { readonly kind: 'route' }
  /** Another participant is the customer from now on. */
  | { readonly kind: 'replace-customer' }
  /** What becomes of the next requests or frames; the emulator's own rules. */
  | { readonly kind: 'fault'; readonly rule: FaultRuleInput }
  /** A gateway says 202 to the next write and passes nothing on. */
  | { readonly kind: 'swallow' }
  /** How long writes take to be applied from now on. */
  | { readonly kind: 'lag'; readonly ms: number | readonly [number, number] }
  /** The CRM does not answer the next times. */
  | { readonly kind: 'crm-fails'; readonly times: number }
  /** No turn begins for so long: others have spent the rate budget. */
  | { readonly kind: 'busy'; readonly forMs: number }
  /** The process that runs the turn dies; another takes over. */
  | { readonly kind: 'crash' }
  | { readonly kind: 'end' };

const PATCH_ATTRIBUTES =
  'PATCH /api/v2/conversations/{conversationId}/participants/{participantId}/attributes';
const GET_CONVERSATION = 'GET /api/v2/conversations/{conversationId}';
const PATCH_SECURE = 'PATCH /api/v2/conversations/{conversationId}/secureattributes';
const GET_SECURE = 'GET /api/v2/conversations/{conversationId}/secureattributes';

const askedKeys = fc.uniqueArray(fc.constantFrom(...OUR_KEYS, SECRET_KEY), {
  minLength: 1,
  maxLength: 4,
});
const ourKeys = fc.uniqueArray(fc.constantFrom(...OUR_KEYS), { minLength: 1, maxLength: 3 });

const onWrite = { operation: PATCH_ATTRIBUTES, times: 1 } as const;
const status = (code: number, platformCode: string): FaultRuleInput => ({
  kind: 'status',
  status: code,
  code: platformCode,
  ...onWrite,
});

/** What happens to one write; `id` is made unique when it is played. */
const attributeFaults: fc.Arbitrary<FaultRuleInput> = fc.constantFrom<FaultRuleInput[]>(
  { kind: 'reset', ...onWrite },
  { kind: 'reset', commits: true, ...onWrite },
  { kind: 'silence', ...onWrite },
  { kind: 'silence', commits: true, ...onWrite },
  { kind: 'revoke-token', ...onWrite },
  status(409, 'request.conflict'),
  { ...status(429, 'too.many.requests'), retryAfterSeconds: 2 },
  status(503, 'service.unavailable'),
  { ...status(500, 'internal.server.error'), commits: true },
  status(403, 'missing.permissions'),
);
const writeFaults: fc.Arbitrary<FaultRuleInput> = fc
  .record({
    rule: attributeFaults,
    operation: fc.constantFrom(PATCH_ATTRIBUTES, PATCH_ATTRIBUTES, PATCH_ATTRIBUTES, PATCH_SECURE),
  })
  .map(({ rule, operation }) => ({ ...rule, operation }));

const readFaults: fc.Arbitrary<FaultRuleInput> = fc
  .record({
    rule: fc.constantFrom<FaultRuleInput[]>(
      { kind: 'status', status: 503, code: 'service.unavailable' },
      { kind: 'reset' },
      { kind: 'silence' },
    ),
    operation: fc.constantFrom(GET_CONVERSATION, GET_CONVERSATION, GET_CONVERSATION, GET_SECURE),
    times: fc.integer({ min: 1, max: 12 }),
  })
  .map(({ rule, operation, times }) => ({ ...rule, operation, times }));

const slowRequests: fc.Arbitrary<FaultRuleInput> = fc
  .record({ ms: fc.integer({ min: 100, max: 4000 }), times: fc.integer({ min: 1, max: 3 }) })
  .map(({ ms, times }) => ({
    kind: 'latency',
    latency: { distribution: 'fixed', ms },
    operation: PATCH_ATTRIBUTES,
    times,
  }));

const frameFaults: fc.Arbitrary<FaultRuleInput> = fc.oneof(
  fc.constant<FaultRuleInput>({ kind: 'drop-frame', times: 1 }),
  fc.integer({ min: 0, max: 2000 }).map((ms) => ({
    kind: 'duplicate-frame' as const,
    spacing: { distribution: 'fixed', ms },
    times: 1,
  })),
  fc.integer({ min: 1, max: 3000 }).map((ms) => ({
    kind: 'delay-frame' as const,
    latency: { distribution: 'fixed', ms },
    times: 1,
  })),
  fc
    .integer({ min: 1, max: 3 })
    .map((behind) => ({ kind: 'reorder-frame' as const, behind, waitMs: 2000, times: 1 })),
);

const lags = fc.oneof(fc.constantFrom(0, 50, 300, 1500), fc.constant<[number, number]>([10, 1500]));

const happenings: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 5, arbitrary: askedKeys.map((keys) => ({ kind: 'ask', keys }) as const) },
  {
    weight: 4,
    arbitrary: fc
      .constantFrom(...OUR_KEYS, ...THEIR_KEYS, ...THEIR_KEYS)
      .map((key) => ({ kind: 'other', key }) as const),
  },
  {
    weight: 2,
    arbitrary: fc
      .record({ forMs: fc.integer({ min: 100, max: 8000 }), writes: ourKeys })
      .map((flow) => ({ kind: 'flow', ...flow }) as const),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'route' } as const) },
  { weight: 1, arbitrary: fc.constant({ kind: 'replace-customer' } as const) },
  { weight: 3, arbitrary: writeFaults.map((rule) => ({ kind: 'fault', rule }) as const) },
  { weight: 1, arbitrary: fc.constant({ kind: 'swallow' } as const) },
  { weight: 1, arbitrary: readFaults.map((rule) => ({ kind: 'fault', rule }) as const) },
  { weight: 1, arbitrary: slowRequests.map((rule) => ({ kind: 'fault', rule }) as const) },
  { weight: 3, arbitrary: frameFaults.map((rule) => ({ kind: 'fault', rule }) as const) },
  { weight: 2, arbitrary: lags.map((ms) => ({ kind: 'lag', ms }) as const) },
  {
    weight: 1,
    arbitrary: fc
      .integer({ min: 1, max: 3 })
      .map((times) => ({ kind: 'crm-fails', times }) as const),
  },
  {
    weight: 1,
    arbitrary: fc
      .integer({ min: 500, max: 8000 })
      .map((forMs) => ({ kind: 'busy', forMs }) as const),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'crash' } as const) },
  { weight: 1, arbitrary: fc.constant({ kind: 'end' } as const) },
);

const moods: fc.Arbitrary<PlatformMood> = fc.record({
  topics: fc.constantFrom('queue', 'queue', 'queue-and-detail', 'queue-and-detail', 'none'),
  latencyMs: fc.constantFrom(5, 10, 10, 60, 200),
  afterEnd: fc.constantFrom('applied', 'applied', 'ignored'),
  voiceWrites: fc.constantFrom('end', 'end', 'at-once'),
});

export const schedules: fc.Arbitrary<Schedule> = fc.record({
  platform: moods,
  steps: fc
    .array(fc.record({ at: fc.integer({ min: 0, max: 20_000 }), what: happenings }), {
      minLength: 2,
      maxLength: 14,
    })
    .map((steps): readonly Step[] => [
      { at: 0, what: { kind: 'ask', keys: [...OUR_KEYS, SECRET_KEY] } },
      ...steps.toSorted((a, b) => a.at - b.at),
    ]),
});
