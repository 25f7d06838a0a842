import { z } from 'zod';
import { parseUrlTemplate } from '../sources/http/url-template.ts';
import { count, guardShape, MIB, type GuardOptions, type VariantSchema } from './guard-options.ts';

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

const authSchema = z
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

/** How a web service is asked. */
export const httpSourceSchema: VariantSchema<HttpSourceOptions> = z
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
    auth: authSchema.optional(),
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
    ...guardShape({ concurrent: 16, isCached: true }),
  })
  .refine(({ body, form }) => body === undefined || form === undefined, {
    path: ['form'],
    message: 'expected either body or form, found both',
  })
  .refine(
    ({ method, body, form }) => !['GET', 'HEAD'].includes(method) || (body ?? form) === undefined,
    { path: ['method'], message: 'expected a method that carries a body, such as POST' },
  );
