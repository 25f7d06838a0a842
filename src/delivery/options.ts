import { z } from 'zod';

/** Name of the one destination that has a section of its own. */
export const ANALYTICS_NAME = 'analytics';

/** One place that outcomes are posted to, every default filled in. */
export interface DestinationOptions {
  readonly url: string;
  /** The current secret first; the others are those that receivers may still know. */
  readonly secret: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly personal: 'omit' | 'mask' | 'send';
  readonly concurrent: number;
  readonly timeoutMs: number;
}

/** A field name as HTTP allows it (RFC 9110, 5.1). */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Fields that Rapport or the client itself writes. */
const OWN_HEADERS =
  /^(?:host|connection|content-.*|transfer-encoding|upgrade|expect|te|trailer|keep-alive|proxy-.*|x-trace-id|webhook-.*)$/i;

const url = z
  .url({ protocol: /^https?$/ })
  .refine((text) => {
    const { username, password } = new URL(text);
    return username === '' && password === '';
  }, 'expected no user or password in the URL; use headers')
  .describe('Where it is posted. Redirects are not followed.');

const secret = z
  .union([z.string().min(1), z.array(z.string().min(1)).max(5)])
  .default([])
  .transform((given) => (typeof given === 'string' ? [given] : given))
  .describe(
    'Signs each post (Standard Webhooks): whsec_ and base64, or any text. Several while one is being replaced, the new one first; each of them signs. At most 5. Default none, and posts are not signed.',
  );

export const destinationOptionsSchema: z.ZodType<DestinationOptions> = z.strictObject({
  url,
  secret,
  headers: z
    .record(
      z
        .string()
        .regex(HEADER_NAME, 'expected a header name')
        .refine((name) => !OWN_HEADERS.test(name), 'this header is written by Rapport itself'),
      z.string().regex(/^[\x20-\x7e]*$/, 'expected visible ASCII'),
    )
    .default({})
    .describe('More headers, such as authorization.'),
  personal: z
    .enum(['omit', 'mask', 'send'])
    .default('mask')
    .describe(
      'What becomes of values of class personal: left out, sent as ***, or sent. Values of class secret are never sent. Default mask.',
    ),
  concurrent: z
    .int()
    .min(1)
    .max(100)
    .default(8)
    .describe('How many posts run at the same time. 1 to 100, default 8.'),
  timeoutMs: z
    .int()
    .min(100)
    .max(120_000)
    .default(15_000)
    .describe(
      'Longest wait for the answer to one post, in milliseconds. 100 to 120000, default 15000.',
    ),
});

const MAX_WEBHOOKS = 10;

/** More destinations, each with its own line, secret and retries: what one does not take holds up no other. */
export const webhooksOption: z.ZodType<Readonly<Record<string, DestinationOptions>>> = z
  .record(
    z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,31}$/, 'expected 1 to 32 of a-z, 0-9 and -, a letter first')
      .refine((name) => name !== ANALYTICS_NAME, {
        error: `expected another name than ${ANALYTICS_NAME}, which is that of the section`,
      }),
    destinationOptionsSchema,
  )
  .refine((webhooks) => Object.keys(webhooks).length <= MAX_WEBHOOKS, {
    error: `expected at most ${MAX_WEBHOOKS}`,
  })
  .describe('More places that outcomes are sent to, by names of their own. At most 10.');
