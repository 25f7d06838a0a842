import { z } from 'zod';
import { MAX_CHANNELS_PER_CLIENT } from './listening/listener.ts';
import { DEFAULT_SEEN_MAX } from './seen.ts';
import { isWebhookSecret } from './events/verify-webhook.ts';

/** What starts an enrichment. */
export interface ListenOptions {
  readonly queues: readonly string[];
  readonly users: readonly string[];
  readonly followEvents: readonly FollowEvent[];
  readonly maxChannels: number;
  readonly rememberMax: number;
  readonly webhook?: WebhookOptions | undefined;
}

export interface WebhookOptions {
  /** Several while they are being rotated. */
  readonly secret: readonly string[];
  readonly bearer: readonly string[];
  readonly basic: readonly { readonly username: string; readonly password: string }[];
  readonly toleranceMs: number;
}

const FOLLOW_EVENTS = [
  'attributes',
  'customer.start',
  'customer.end',
  'flow.start',
  'flow.end',
] as const;
export type FollowEvent = (typeof FOLLOW_EVENTS)[number];

const DEFAULT_FOLLOW: readonly FollowEvent[] = ['attributes', 'flow.start', 'flow.end'];

/** One of a kind, or a list of them. */
function oneOrMore<T>(one: z.ZodType<T>): z.ZodType<readonly T[]> {
  return z
    .union([one.transform((value): readonly T[] => [value]), z.array(one).readonly()])
    .optional()
    .transform((value) => value ?? []);
}

const names = (): z.ZodDefault<z.ZodReadonly<z.ZodArray<z.ZodString>>> =>
  z.array(z.string().trim().min(1)).readonly().default([]);

const webhookOptions: z.ZodType<WebhookOptions> = z.strictObject({
  secret: oneOrMore(
    z.string().refine(isWebhookSecret, {
      error: 'expected base64 of at least 16 bytes, as `openssl rand -base64 32` makes it',
    }),
  ).describe(
    'Secret of the Standard Webhooks signature, base64, with or without `whsec_`. A list while it is being rotated.',
  ),
  bearer: oneOrMore(z.string().min(16)).describe(
    'Key that a sender may give as `Authorization: Bearer`, at least 16 characters. A list while it is being rotated.',
  ),
  basic: oneOrMore(
    z.strictObject({
      username: z.string().regex(/^[^:]+$/, 'expected a name without a colon'),
      password: z.string().min(16),
    }),
  ).describe(
    'Name, and password of at least 16 characters, that a sender may give as `Authorization: Basic`.',
  ),
  toleranceMs: z
    .int()
    .min(1000)
    .max(3_600_000)
    .default(300_000)
    .describe(
      'How far the time of a signature may be from ours, in milliseconds. 1000 to 3600000, default 300000.',
    ),
});

export const listenOptions: z.ZodType<ListenOptions> = z.strictObject({
  queues: names().describe('Queues whose conversations are enriched, by name or id.'),
  users: names().describe('Users whose conversations are enriched, by name, e-mail address or id.'),
  followEvents: z
    .array(z.enum(FOLLOW_EVENTS))
    .readonly()
    .default(DEFAULT_FOLLOW)
    .describe(
      'Events of each enriched conversation that are subscribed to, on the open socket and at no request, so that proof and guard see more than the queue shows. Empty: none. Default attributes, flow.start, flow.end.',
    ),
  maxChannels: z
    .int()
    .min(1)
    .max(MAX_CHANNELS_PER_CLIENT)
    .default(10)
    .describe(
      'Most notification channels this instance opens, of 1000 topics each. The platform allows 20 for one OAuth client, all its instances together. 1 to 20, default 10.',
    ),
  rememberMax: z
    .int()
    .min(100)
    .max(10_000_000)
    .default(DEFAULT_SEEN_MAX)
    .describe(
      'Conversations remembered as taken, so that their further frames cost nothing; about 200 bytes each. 100 to 10000000, default 50000.',
    ),
  webhook: webhookOptions
    .optional()
    .describe('Who may post events to `/v1/events`. Without it, nobody.'),
});
