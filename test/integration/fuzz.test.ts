import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { customer } from '../../src/demo/customers.ts';
import { isSoak } from '../support/soak.ts';
import {
  createAnswerJudge,
  type AnswerJudge,
  type DescribedOperation,
  type OpenApiDocument,
} from './answer-judge.ts';
import { API_KEY, isVisible, startStage, type Stage } from './service-stage.ts';

/** Calls per operation; each is cheap, and the whole takes a few seconds. */
const RUNS = isSoak ? 1000 : 25;

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
}

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly Parameter[];
  /** Names of the body's members; undefined when it takes none. */
  readonly members: readonly string[] | undefined;
}

interface Described extends DescribedOperation {
  readonly parameters: readonly Parameter[];
  readonly requestBody?: {
    readonly content: Readonly<
      Record<string, { readonly schema: { readonly properties?: object } }>
    >;
  };
}

interface OpenApi extends OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
}

function operationsOf({ paths }: OpenApi): readonly Operation[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters, requestBody }]): Operation => {
      const content = requestBody && Object.values(requestBody.content);
      const members = content?.flatMap(({ schema }) => Object.keys(schema.properties ?? {}));
      return { method: method.toUpperCase(), path, parameters, members };
    }),
  );
}

interface Attempt {
  readonly path: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly contentType: string;
}

/** What people type, what attackers type, and what is not text at all. */
const hostileText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom('', ' ', '0', '-1', '1e99', 'NaN', 'true', 'null', '__proto__', 'constructor'),
  fc.constantFrom(
    '../..',
    '%2e%2e',
    '\u0000',
    '\n',
    "' or 1=1 --",
    '${jndi}',
    '\ud800',
    '9'.repeat(30),
  ),
  fc.string({ minLength: 100, maxLength: 700 }),
);

function textFor(name: string, known: string): fc.Arbitrary<string> {
  const sensible =
    name === 'wait'
      ? fc.constantFrom('settled', 'visible')
      : name === 'timeoutMs'
        ? fc.constant('100')
        : name === 'limit'
          ? fc.integer({ min: -1, max: 600 }).map(String)
          : fc.constantFrom(known, 'dead', 'waiting', '1');
  return fc.oneof(sensible, hostileText);
}

function bodyOf(members: readonly string[], known: string): fc.Arbitrary<string> {
  const value = fc.oneof(fc.constant(known), hostileText, fc.jsonValue({ maxDepth: 2 }));
  const shaped = fc.dictionary(
    fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom('attributes', ...members) },
      { weight: 1, arbitrary: fc.constantFrom('__proto__', 'eventBody', 'topicName', 'detail') },
      { weight: 1, arbitrary: hostileText },
    ),
    fc.oneof(value, fc.dictionary(hostileText, value, { maxKeys: 3 })),
    { maxKeys: 4 },
  );
  return fc.oneof(
    { weight: 4, arbitrary: shaped.map((object) => JSON.stringify(object)) },
    { weight: 1, arbitrary: fc.json() },
    { weight: 1, arbitrary: hostileText },
  );
}

function attemptOf(operation: Operation, known: string): fc.Arbitrary<Attempt> {
  const record = (where: Parameter['in']): fc.Arbitrary<Readonly<Record<string, string>>> => {
    const named = operation.parameters.filter((parameter) => parameter.in === where);
    const pairs = named.map(({ name }) =>
      fc.option(
        textFor(name, known).map((text) => [name, text] as const),
        { nil: undefined },
      ),
    );
    return fc
      .tuple(...pairs)
      .map((given) => Object.fromEntries(given.filter((pair) => pair !== undefined)));
  };
  const body =
    operation.method === 'GET'
      ? fc.constant(undefined)
      : fc.option(bodyOf(operation.members ?? [], known), { nil: undefined });
  return fc.record({
    path: record('path'),
    query: fc.oneof(record('query'), fc.dictionary(hostileText, hostileText, { maxKeys: 2 })),
    headers: record('header'),
    body,
    contentType: fc.oneof(
      { weight: 6, arbitrary: fc.constant('application/json') },
      { weight: 1, arbitrary: fc.constantFrom('text/plain', 'application/xml', 'a/b; charset=') },
    ),
  });
}

/** Anything that can stand in a URL, lone surrogates replaced as a browser does. */
const encoded = (text: string): string => encodeURIComponent(text.toWellFormed());

interface Sending {
  readonly attempt: Attempt;
  /** Id of a conversation that there is; stands where no other text was chosen. */
  readonly known: string;
}

function urlOf(base: string, { path }: Operation, { attempt, known }: Sending): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    // An empty segment or one of dots would be another path.
    encoded(attempt.path[name] ?? known).replace(/^\.{0,2}$/, 'x'),
  );
  const pairs = Object.entries(attempt.query).map(
    ([key, value]) => `${encoded(key)}=${encoded(value)}`,
  );
  return `${base}${filled}?${pairs.join('&')}`;
}

interface Seen {
  readonly status: number;
  readonly type: string;
  /** Undefined of a stream. */
  readonly text: string | undefined;
}

async function send(stage: Stage, operation: Operation, sending: Sending): Promise<Seen> {
  const { attempt } = sending;
  const headers = new Headers({ authorization: `Bearer ${API_KEY}` });
  for (const [name, value] of Object.entries(attempt.headers)) {
    // What no client can send is no attempt.
    if (/^[\x20-\x7e\x80-\xff]*$/.test(value)) headers.set(name, value);
  }
  if (attempt.body !== undefined) headers.set('content-type', attempt.contentType);
  const reading = new AbortController();
  const response = await fetch(urlOf(stage.service.url, operation, sending), {
    method: operation.method,
    headers,
    body: attempt.body ?? null,
    signal: reading.signal,
  });
  const type = response.headers.get('content-type') ?? '';
  const { status } = response;
  if (!type.startsWith('text/event-stream')) return { status, type, text: await response.text() };
  reading.abort();
  return { status, type, text: undefined };
}

function checkAnswer({ status, type, text }: Seen): void {
  expect(status).toBeLessThan(500);
  if (status < 400) return;
  expect(type).toContain('application/problem+json');
  expect(JSON.parse(text ?? '')).toMatchObject({
    status,
    code: expect.stringMatching(/^ERR_/),
    detail: expect.any(String),
    nextStep: expect.any(String),
  });
}

describe('every operation of a running service', () => {
  let stage: Stage;
  let operations: readonly Operation[];
  let judge: AnswerJudge;
  let known: string;
  beforeAll(async () => {
    // Nobody is there, and so the message stays.
    const analytics = { url: 'http://127.0.0.1:9/hook' };
    stage = await startStage({ config: (config) => ({ ...config, analytics }) });
    const { control } = stage.emulator;
    known = control.start({ queue: 'Support', from: customer(1).phone }).conversationId;
    await stage.until(isVisible(known));
    const document = (await (await fetch(`${stage.service.url}/openapi.json`)).json()) as OpenApi;
    operations = operationsOf(document);
    judge = createAnswerJudge(document);
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  it('answers whatever it is sent as its own document says, and refuses by problems alone', async () => {
    expect(operations.length).toBeGreaterThan(15);
    const statuses = new Map<string, Set<number>>();
    for (const operation of operations) {
      const name = `${operation.method} ${operation.path}`;
      const seen = new Set<number>();
      statuses.set(name, seen);
      await fc.assert(
        fc.asyncProperty(attemptOf(operation, known), async (attempt) => {
          const answer = await send(stage, operation, { attempt, known });
          seen.add(answer.status);
          checkAnswer(answer);
          expect(judge({ ...operation, ...answer })).toEqual([]);
        }),
        { numRuns: RUNS, endOnFailure: true },
      );
    }
    // The attempts reach what stands behind the checks too.
    const reached = [...statuses].filter(([, seen]) => [...seen].some((status) => status < 300));
    expect(reached.length).toBeGreaterThan(operations.length / 2);
  });

  it('still enriches after all that', async () => {
    const { conversationId } = stage.emulator.control.start({
      queue: 'Support',
      from: customer(2).phone,
    });
    await stage.until(isVisible(conversationId));
  });
});
