import { Agent, type Dispatcher } from 'undici';
import type { Clock } from '../../../lib/clock.ts';
import { LookupError } from '../../errors.ts';
import { refusedKey } from '../../key.ts';
import type { HttpSourceOptions } from '../../options/http-options.ts';
import type { Source, SourceAnswer, SourceQuery } from '../../source.ts';
import { readAnswer } from './answer.ts';
import { createAuthorizer, type Authorizer, type Credentials } from './auth.ts';
import { exchange, type HttpAnswer } from './exchange.ts';
import { unreachable } from '../network-error.ts';
import { isSuccess } from './status.ts';
import { parseJsonTemplate, parseTemplate, union, usesOf, type Template } from './template.ts';
import { encodeUrlPart, parseUrlTemplate, type UrlTemplate } from './url-template.ts';

export interface HttpSourceDeps {
  readonly clock: Clock;
  readonly dispatcher?: Dispatcher | undefined;
}

/** Longest wait for a connection, in milliseconds of real time; a lookup's own time-out is usually shorter. */
const CONNECT_TIMEOUT_MS = 10_000;

/** Methods that a server must take twice as well as once (RFC 9110, 9.2.2), as far as sources use them. */
const REPEATABLE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'PUT', 'DELETE']);

/** One request, made for one customer. */
interface FilledRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** A web service that is asked with one request per customer. */
export function createHttpSource(
  name: string,
  options: HttpSourceOptions,
  deps: HttpSourceDeps,
): Source {
  // A dispatcher that was given belongs to the giver; one of our own is closed with the source.
  const own = deps.dispatcher === undefined ? openAgent() : undefined;
  const dispatcher = deps.dispatcher ?? own;
  if (dispatcher === undefined) throw new TypeError('no dispatcher');
  const plan = planRequests(name, options);
  const authorizer = createAuthorizer(name, options, { clock: deps.clock, dispatcher });
  return {
    uses: plan.uses,
    repeatable: options.repeatable ?? REPEATABLE_METHODS.has(options.method),
    // Filling in may refuse the key: inside, so that it rejects like everything else.
    read: async (query, signal) =>
      ask({
        source: name,
        options,
        dispatcher,
        authorizer,
        clock: deps.clock,
        filled: plan.fill(query),
        signal,
      }),
    async [Symbol.asyncDispose]() {
      await own?.destroy();
    },
  };
}

/** undici's own time-outs follow the machine's clock; ours is the lookup's deadline. */
function openAgent(): Agent {
  return new Agent({ headersTimeout: 0, bodyTimeout: 0, connect: { timeout: CONNECT_TIMEOUT_MS } });
}

interface Question {
  readonly source: string;
  readonly options: HttpSourceOptions;
  readonly dispatcher: Dispatcher;
  readonly authorizer: Authorizer;
  readonly clock: Clock;
  readonly filled: FilledRequest;
  readonly signal: AbortSignal;
}

/** One request and its answer; a second one when a token that can be renewed was not accepted. */
async function ask(parts: Question): Promise<SourceAnswer> {
  const { source, authorizer, options, clock, signal } = parts;
  const rules = {
    source,
    maxBytes: options.maxBytes,
    record: options.record,
    wallMs: clock.wallMs(),
  };
  const credentials = await authorizer.authorize(signal);
  const response = await send(parts, credentials);
  if (response.status !== 401 || credentials.renew === undefined) {
    return readAnswer(response, rules);
  }
  return readAnswer(await send(parts, await credentials.renew(signal)), rules);
}

async function send(parts: Question, credentials: Credentials): Promise<HttpAnswer> {
  const { source, options, dispatcher, filled, signal } = parts;
  const url = new URL(filled.url);
  for (const [name, value] of Object.entries(credentials.query)) addParameter(url, name, value);
  try {
    return await exchange(dispatcher, {
      method: options.method,
      url,
      headers: { ...filled.headers, ...credentials.headers },
      body: filled.body,
      wantsBody: isSuccess,
      maxBytes: options.maxBytes,
      signal,
    });
  } catch (error) {
    signal.throwIfAborted();
    throw unreachable(source, url.host, error);
  }
}

/** Appended as text: `searchParams` would write the rest of the query anew in its own way. */
function addParameter(url: URL, name: string, value: string): void {
  const separator = url.search === '' ? '?' : '&';
  url.search = `${url.search}${separator}${encodeUrlPart(name)}=${encodeUrlPart(value)}`;
}

/** Reads all templates once, so that a lookup only fills them in. */
function planRequests(
  name: string,
  options: HttpSourceOptions,
): {
  readonly uses: Source['uses'];
  fill(query: SourceQuery): FilledRequest;
} {
  const url = urlTemplateOf(name, options.url);
  const headers = Object.entries(options.headers).map(
    ([header, text]) => [header.toLowerCase(), parseTemplate(text)] as const,
  );
  const body = bodyTemplateOf(options);
  const variables = union([url, ...headers.map(([, template]) => template), ...body.parts]);
  // A service that is told nothing at all is told the conversation.
  const asksBy = variables.has('key') || variables.has('conversationId') ? 'template' : 'parameter';
  const uses = usesOf(variables);
  return {
    uses: asksBy === 'parameter' ? { ...uses, conversationId: true } : uses,
    fill(query) {
      const target = url.expand(name, query);
      if (asksBy === 'parameter') addParameter(target, 'conversationId', query.conversationId);
      return {
        url: target,
        headers: {
          accept: 'application/json',
          ...body.headers,
          ...Object.fromEntries(
            headers.map(([header, template]) => [header, fillHeader(name, template, query)]),
          ),
        },
        body: body.fill(query),
      };
    },
  };
}

function urlTemplateOf(name: string, text: string): UrlTemplate {
  const template = parseUrlTemplate(text);
  if ('origin' in template) return template;
  throw new LookupError({
    code: 'ERR_SOURCE_REFUSED',
    source: name,
    message: `has an unusable url: ${template.problem}`,
  });
}

/** Visible ASCII and spaces: all that a header carries safely (RFC 9110, 5.5). */
const HEADER_VALUE = /^[\x20-\x7e]*$/;

function fillHeader(name: string, template: Template, query: SourceQuery): string {
  const value = template.expand(query, asIs);
  if (HEADER_VALUE.test(value)) return value;
  throw refusedKey(name, 'it holds characters that a header cannot carry');
}

function asIs(value: string): string {
  return value;
}

interface BodyTemplate {
  readonly parts: readonly { readonly variables: Template['variables'] }[];
  readonly headers: Readonly<Record<string, string>>;
  fill(query: SourceQuery): string | undefined;
}

function bodyTemplateOf(options: HttpSourceOptions): BodyTemplate {
  if (options.form !== undefined) {
    const fields = Object.entries(options.form).map(
      ([field, text]) => [field, parseTemplate(text)] as const,
    );
    return {
      parts: fields.map(([, template]) => template),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      fill(query) {
        const filled = new URLSearchParams();
        for (const [field, template] of fields) {
          filled.append(field, template.expand(query, asIs));
        }
        return filled.toString();
      },
    };
  }
  if (options.body !== undefined) {
    const body = parseJsonTemplate(options.body);
    return {
      parts: [body],
      headers: { 'content-type': 'application/json' },
      fill: (query) => JSON.stringify(body.expand(query)),
    };
  }
  return { parts: [], headers: {}, fill: () => undefined };
}
