import { z } from 'zod';

/** What starts an enrichment. */
export interface ListenOptions {
  readonly queues: readonly string[];
  readonly users: readonly string[];
  readonly webhook?: { readonly secret: string } | undefined;
}

export const listenOptions: z.ZodType<ListenOptions> = z.strictObject({
  queues: z
    .array(z.string().min(1))
    .readonly()
    .default([])
    .describe('Queues whose conversations are enriched, by name or id.'),
  users: z
    .array(z.string().min(1))
    .readonly()
    .default([])
    .describe('Users whose conversations are enriched, by id.'),
  webhook: z
    .strictObject({
      secret: z.string().min(1).describe('The secret by which posted events are recognised.'),
    })
    .optional()
    .describe('Events posted to `/v1/events`.'),
});

type OverwritePolicy = 'ours' | 'theirs' | 'alert';

export interface WriteOptions {
  readonly profile:
    | 'attributes'
    | 'voice-merge'
    | 'participant-patch'
    | 'participant-merge'
    | 'conversation';
  readonly onOverwrite: { readonly byFlow: OverwritePolicy; readonly byOthers: OverwritePolicy };
}

const overwritePolicy = z.enum(['ours', 'theirs', 'alert']);

export const writeOptions: z.ZodType<WriteOptions> = z.strictObject({
  profile: z
    .enum(['attributes', 'voice-merge', 'participant-patch', 'participant-merge', 'conversation'])
    .default('attributes')
    .describe(
      'The path and semantics of a write. `attributes` is the platform’s contract: changed keys only. The others are those of older write-ups.',
    ),
  onOverwrite: z
    .strictObject({
      byFlow: overwritePolicy
        .default('ours')
        .describe(
          'When a flow overwrites a key: write ours again, leave `theirs`, or only `alert`.',
        ),
      byOthers: overwritePolicy.default('alert').describe('The same for anybody else.'),
    })
    .prefault({})
    .describe('What is done when somebody overwrites a key of ours.'),
});

export interface AnalyticsOptions {
  readonly url: string;
  readonly secret?: string | undefined;
}

export const analyticsOptions: z.ZodType<AnalyticsOptions> = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).describe('The webhook that every outcome is posted to.'),
  secret: z
    .string()
    .min(1)
    .optional()
    .describe('Signs what is posted. Without it, posts are not signed.'),
});

export const storeOption: z.ZodType<string> = z
  .string()
  .regex(/^(sqlite:.+|postgres(ql)?:\/\/.+)$/, 'expected sqlite:<path> or postgres://…')
  .default('sqlite:./rapport.db')
  .describe('Where the ledger is kept: `sqlite:<path>` or `postgres://…`.');

export interface ServiceOptions {
  readonly host: string;
  readonly port: number;
  readonly apiKey?: string | undefined;
}

export const serviceOptions: z.ZodType<ServiceOptions> = z.strictObject({
  host: z.string().min(1).default('127.0.0.1').describe('The address to listen on.'),
  port: z
    .int()
    .min(0)
    .max(65_535)
    .default(8080)
    .describe('The port to listen on; 0 takes a free one.'),
  apiKey: z
    .string()
    .min(16)
    .optional()
    .describe(
      'One key that may do everything, sent as `Authorization: Bearer`. At least 16 characters.',
    ),
});
