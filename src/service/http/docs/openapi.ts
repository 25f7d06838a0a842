import { z } from 'zod';
import { answersOf } from '../answers.ts';
import type { Answer, RouteDoc } from '../route.ts';
import type { Schema } from './fields.ts';

type Json = Readonly<Record<string, unknown>>;

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'header' | 'query';
  readonly required?: boolean | undefined;
  readonly description?: string | undefined;
  readonly schema: Schema;
}

const PROBLEM: Json = {
  type: 'object',
  description: 'RFC 9457',
  required: ['type', 'title', 'status', 'detail', 'code', 'nextStep'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string', description: 'Stable; for programs.' },
    nextStep: { type: 'string', description: 'What to do now.' },
    problems: {
      type: 'array',
      items: {
        type: 'object',
        properties: { path: { type: 'string' }, message: { type: 'string' } },
      },
    },
  },
};

const HTTP_METHOD = { GET: 'get', POST: 'post', PATCH: 'patch' } as const;

/** The OpenAPI 3.1 document of the given routes. */
export function createOpenApi(docs: readonly RouteDoc[], version: string): Json {
  const paths = new Map<string, Record<string, Json>>();
  for (const doc of docs) {
    const operations = paths.get(doc.path) ?? {};
    operations[HTTP_METHOD[doc.method]] = operationOf(doc);
    paths.set(doc.path, operations);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Rapport',
      version,
      description: 'Gives every live Genesys Cloud conversation its customer context.',
    },
    paths: Object.fromEntries(paths),
    components: {
      schemas: { Problem: PROBLEM },
      securitySchemes: { key: { type: 'http', scheme: 'bearer' } },
    },
  };
}

function operationOf(doc: RouteDoc): Json {
  const told = [doc.description ?? doc.summary, accessOf(doc)];
  return {
    operationId: doc.operationId,
    summary: doc.summary,
    description: told.filter((text) => text !== undefined).join(' '),
    security: doc.access === 'anyone' ? [] : [{ key: [] }],
    parameters: parametersOf(doc),
    ...bodyOf(doc),
    responses: {
      ...Object.fromEntries(
        Object.entries(answersOf(doc)).map(([status, answer]) => [
          status,
          { description: answer.description, content: contentOf(Number(status), answer) },
        ]),
      ),
      default: { description: 'A problem.', content: problem() },
    },
  };
}

/** The scope that a key needs; undefined where none helps. */
export function accessOf({ access }: RouteDoc): string | undefined {
  return access === 'anyone' || access === 'own' ? undefined : `Needs scope \`${access}\`.`;
}

function bodyOf({ body, isText = false, example }: RouteDoc): Json {
  if (body === undefined && !isText) return {};
  const schema = body === undefined ? {} : inputSchema(body);
  return { requestBody: { content: { 'application/json': { schema, example } } } };
}

/** An error is a problem, unless it says by a schema what else it is. */
function contentOf(status: number, { schema, mediaType = 'application/json' }: Answer): Json {
  if (status >= 400 && schema === undefined) return problem();
  return { [mediaType]: { schema: schema === undefined ? {} : outputSchema(schema) } };
}

const problem = (): Json => ({
  'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
});

/** What a request may bring beside its body. */
export function parametersOf(doc: RouteDoc): readonly Parameter[] {
  return [...pathParameters(doc.path), ...headerParameters(doc), ...queryParameters(doc)];
}

function pathParameters(path: string): readonly Parameter[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path' as const,
    required: true,
    schema: { type: 'string', maxLength: 128 },
  }));
}

function headerParameters({ headers = {} }: RouteDoc): readonly Parameter[] {
  return Object.entries(headers).map(([name, description]) => ({
    name,
    in: 'header' as const,
    description,
    schema: { type: 'string' },
  }));
}

function queryParameters({ query }: RouteDoc): readonly Parameter[] {
  if (query === undefined) return [];
  const { properties = {} } = inputSchema(query);
  return Object.entries(properties).map(([name, schema]) => {
    const { description, ...rest } = schema;
    return { name, in: 'query' as const, description, schema: rest };
  });
}

/** Sound because zod writes JSON Schema, of which `Schema` is a part. */
export function inputSchema(schema: z.ZodType): Schema {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema;
}

export function outputSchema(schema: z.ZodType): Schema {
  return z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' }) as Schema;
}
