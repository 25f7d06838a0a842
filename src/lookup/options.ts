import { z } from 'zod';
import type { BreakerOptions } from './breaker.ts';
import type { BulkheadOptions } from './bulkhead.ts';
import type { CacheOptions } from './cache.ts';
import type { RetryOptions } from './retry.ts';
import { parseUrlTemplate } from './sources/http/url-template.ts';

/** What every source has; the descriptions below are the reference. */
export interface GuardOptions {
  readonly timeoutMs: number;
  readonly retry: RetryOptions;
  readonly breaker: BreakerOptions;
  readonly bulkhead: BulkheadOptions;
  readonly cache: CacheOptions;
}

export interface BearerAuth {
  readonly type: 'bearer';
  readonly token: string;
}

export interface BasicAuth {
  readonly type: 'basic';
  readonly username: string;
  readonly password: string;
}

export interface ApiKeyAuth {
  readonly type: 'api-key';
  readonly in: 'header' | 'query';
  readonly name: string;
  readonly value: string;
}

export interface ClientCredentialsAuth {
  readonly type: 'client-credentials';
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope?: string | undefined;
  readonly audience?: string | undefined;
  readonly clientIn: 'header' | 'body';
}

export interface HttpSourceOptions extends GuardOptions {
  readonly type: 'http';
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly form?: Readonly<Record<string, string>> | undefined;
  readonly auth?: BearerAuth | BasicAuth | ApiKeyAuth | ClientCredentialsAuth | undefined;
  readonly record?: string | undefined;
  readonly maxBytes: number;
  readonly repeatable?: boolean | undefined;
}

export interface StaticSourceOptions extends GuardOptions {
  readonly type: 'static';
  readonly values: Readonly<Record<string, unknown>>;
}

/** One source, every default filled in. */
export type SourceOptions = HttpSourceOptions | StaticSourceOptions;

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MIB = 1024 * 1024;

const count = (min: number, max: number): z.ZodInt => z.int().min(min).max(max);

const retry = z
  .strictObject({
    retries: count(0, 10)
      .default(1)
      .describe(
        'How many more times a question is asked that got no answer or a 408, 429 or 5xx. Only where repeating is safe, and only within timeoutMs. 0 to 10, default 1.',
      ),
    baseMs: count(1, MINUTE)
      .default(50)
      .describe(
        'Wait before the first retry, in milliseconds, doubled each time and jittered. 1 to 60000, default 50.',
      ),
    maxMs: count(1, MINUTE)
      .default(1000)
      .describe(
        'Longest wait between two tries, in milliseconds. A Retry-After of the source wins. 1 to 60000, default 1000.',
      ),
  })
  .prefault({})
  .describe('Repeating a question that failed for a passing reason.');

const breaker = z
  .strictObject({
    calls: count(1, 1000)
      .default(20)
      .describe('How many of the latest calls are judged. 1 to 1000, default 20.'),
    minCalls: count(1, 1000)
      .default(5)
      .describe(
        'With fewer results than this the source is never left alone. 1 to 1000, default 5.',
      ),
    windowMs: count(100, HOUR)
      .default(30_000)
      .describe(
        'Results older than this, in milliseconds, do not count. 100 to 3600000, default 30000.',
      ),
    failureShare: z
      .number()
      .gt(0)
      .max(1)
      .default(0.5)
      .describe(
        'Leaves the source alone when at least this share of the judged calls failed. Above 0, to 1, default 0.5.',
      ),
    openMs: count(1, HOUR)
      .default(5000)
      .describe(
        'How long it is left alone the first time, in milliseconds; doubled each time it is found still failing. 1 to 3600000, default 5000.',
      ),
    maxOpenMs: count(1, HOUR)
      .default(MINUTE)
      .describe(
        'Longest time it is left alone before it is asked again, in milliseconds. 1 to 3600000, default 60000.',
      ),
  })
  .prefault({})
  .describe('Circuit breaker: a source that keeps failing is not asked for a while.');

const bulkhead = z
  .strictObject({
    concurrent: count(1, 1000)
      .default(16)
      .describe('How many lookups run in this source at the same time. 1 to 1000, default 16.'),
    waiting: count(0, 100_000)
      .default(256)
      .describe(
        'How many more may wait for their turn, within their timeoutMs; beyond that they fail at once. 0 to 100000, default 256.',
      ),
  })
  .prefault({})
  .describe('Bulkhead: how much of the process one source may take.');

/** Data that lie in memory already gain nothing from a second copy. */
const NO_CACHE = { freshMs: 0, staleMs: 0, notFoundMs: 0 };
const CACHE = { freshMs: 5 * MINUTE, staleMs: HOUR, notFoundMs: 30_000 };

const cacheWith = (defaults: typeof CACHE): z.ZodType<CacheOptions> =>
  z
    .strictObject({
      freshMs: count(0, 30 * DAY)
        .default(defaults.freshMs)
        .describe(
          `How long an answer is given again without asking, in milliseconds. Longer saves lookups, shorter shows edits sooner. 0 to 30 days, default ${defaults.freshMs}.`,
        ),
      staleMs: count(0, 30 * DAY)
        .default(defaults.staleMs)
        .describe(
          `How long after that it is still given when the source fails or times out, in milliseconds. 0 to 30 days, default ${defaults.staleMs}.`,
        ),
      notFoundMs: count(0, DAY)
        .default(defaults.notFoundMs)
        .describe(
          `How long "not found" is given again without asking, in milliseconds. It is never given when the source fails. 0 to 1 day, default ${defaults.notFoundMs}.`,
        ),
      max: count(1, 1_000_000)
        .default(10_000)
        .describe(
          'Most answers kept; the least recently used leaves first. 1 to 1000000, default 10000.',
        ),
      maxBytes: count(1024, 4096 * MIB)
        .default(64 * MIB)
        .describe(
          'Most memory for them, in bytes of JSON. 1024 to 4 GiB, default 67108864 (64 MiB).',
        ),
    })
    .prefault({})
    .describe('Cache with a fresh and a stale window.');

const guards = {
  timeoutMs: count(1, 10 * MINUTE)
    .default(2000)
    .describe(
      'Longest wait for an answer, retries included, in milliseconds. 1 to 600000, default 2000.',
    ),
  retry,
  breaker,
  bulkhead,
};

const secret = z.string().min(1);

const httpUrl = z.string().superRefine((text, context) => {
  const template = parseUrlTemplate(text);
  if ('problem' in template)
    context.addIssue({ code: 'custom', message: template.problem, input: text });
});

const fixedHttpUrl = z.string().superRefine((text, context) => {
  const template = parseUrlTemplate(text);
  const message = 'problem' in template ? template.problem : 'expected no placeholders';
  if ('problem' in template || template.variables.size > 0) {
    context.addIssue({ code: 'custom', message, input: text });
  }
});

/** A field name as HTTP allows it (RFC 9110, 5.1). */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Fields that carry the message itself; the client writes them. */
const OWN_HEADERS =
  /^(?:host|connection|content-length|transfer-encoding|upgrade|expect|te|trailer|keep-alive|proxy-.*)$/i;

const headerName = z
  .string()
  .regex(TOKEN, 'expected a header name')
  .refine((name) => !OWN_HEADERS.test(name), 'this header is written by the client itself');

const auth = z
  .discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('bearer').describe('A fixed token in the Authorization header.'),
      token: secret.describe('The token.'),
    }),
    z.strictObject({
      type: z
        .literal('basic')
        .describe('User name and password in the Authorization header (RFC 7617).'),
      username: z
        .string()
        .regex(/^[^:]*$/, 'expected no colon')
        .describe('The user name.'),
      password: z.string().describe('The password.'),
    }),
    z.strictObject({
      type: z.literal('api-key').describe('A key in a header or in the query.'),
      in: z
        .enum(['header', 'query'])
        .default('header')
        .describe('Where it is sent. Default header.'),
      name: z
        .string()
        .regex(TOKEN)
        .describe('Name of the header or query parameter, such as x-api-key.'),
      value: secret.describe('The key.'),
    }),
    z.strictObject({
      type: z
        .literal('client-credentials')
        .describe(
          'OAuth 2.0 client credentials (RFC 6749, 4.4). Tokens are kept, renewed early, and renewed once after a 401.',
        ),
      tokenUrl: fixedHttpUrl.describe('The token endpoint.'),
      clientId: secret.describe('The client’s id.'),
      clientSecret: secret.describe('The client’s secret.'),
      scope: z.string().optional().describe('Scopes to ask for, separated by spaces.'),
      audience: z.string().optional().describe('Audience to ask for, where the service wants one.'),
      clientIn: z
        .enum(['header', 'body'])
        .default('header')
        .describe(
          'Whether id and secret go in the Authorization header or in the body. Default header.',
        ),
    }),
  ])
  .describe('How to sign in to the service.');

const http = z
  .strictObject({
    type: z.literal('http').describe('A web service that answers with JSON.'),
    url: httpUrl.describe(
      'Address, with {key}, {keyKind}, {conversationId} or {traceId} in path or query. With neither {key} nor {conversationId} in url, headers, body or form, ?conversationId= is added.',
    ),
    method: z
      .enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'QUERY'])
      .default('GET')
      .describe('Request method. Default GET.'),
    headers: z
      .record(headerName, z.string())
      .default({})
      .describe('Headers; placeholders may stand in their values.'),
    body: z
      .json()
      .optional()
      .describe('JSON to send; placeholders may stand in its texts. Not together with form.'),
    form: z
      .record(z.string(), z.string())
      .optional()
      .describe(
        'Form fields to send; placeholders may stand in their values. Not together with body.',
      ),
    auth: auth.optional(),
    record: z
      .string()
      .regex(/^(?:\/(?:[^~]|~[01])*)?$/, 'expected a JSON Pointer such as /results/0')
      .optional()
      .describe(
        'JSON Pointer (RFC 6901) to the customer’s record in the answer, such as /results/0. Nothing there means not found.',
      ),
    maxBytes: count(1, 64 * MIB)
      .default(MIB)
      .describe('Longest answer, in bytes. 1 to 64 MiB, default 1048576 (1 MiB).'),
    repeatable: z
      .boolean()
      .optional()
      .describe(
        'Whether the request may be sent again after a failure. Default: true for GET, HEAD, PUT and DELETE, else false; set true for a POST that only searches.',
      ),
    ...guards,
    cache: cacheWith(CACHE),
  })
  .refine(({ body, form }) => body === undefined || form === undefined, {
    path: ['form'],
    message: 'expected either body or form, found both',
  })
  .refine(
    ({ method, body, form }) => !['GET', 'HEAD'].includes(method) || (body ?? form) === undefined,
    { path: ['method'], message: 'expected a method that carries a body, such as POST' },
  );

const fixed = z.strictObject({
  type: z.literal('static').describe('Values written here, by key.'),
  values: z.record(z.string(), z.json()).describe('Value by customer’s key.'),
  ...guards,
  cache: cacheWith(NO_CACHE),
});

export const sourceOptionsSchema: z.ZodType<SourceOptions> = z.discriminatedUnion('type', [
  http,
  fixed,
]);

/** The `sources` section: sources by name. */
export const sourcesSchema: z.ZodType<Readonly<Record<string, SourceOptions>>> = z
  .record(
    z.string().regex(/^[A-Za-z_][A-Za-z0-9_-]{0,63}$/, 'expected a name such as crm'),
    sourceOptionsSchema,
  )
  .describe('Where customers are looked up, by a name that the attributes’ expressions use.');
