import { z } from 'zod';
import { answersOf } from './answers.ts';
import type { Answer, RouteDoc } from './route.ts';

type Json = Readonly<Record<string, unknown>>;

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
  const needs =
    doc.access === 'anyone' || doc.access === 'own' ? '' : ` Needs scope \`${doc.access}\`.`;
  return {
    operationId: doc.operationId,
    summary: doc.summary,
    description: `${doc.description ?? doc.summary}${needs}`,
    security: doc.access === 'anyone' ? [] : [{ key: [] }],
    parameters: [...pathParameters(doc.path), ...headerParameters(doc), ...queryParameters(doc)],
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

function bodyOf({ body, isText = false }: RouteDoc): Json {
  if (body === undefined && !isText) return {};
  return { requestBody: { content: json(body === undefined ? {} : inputSchema(body)) } };
}

/** An error is a problem, unless it says by a schema what else it is. */
function contentOf(status: number, { schema, mediaType = 'application/json' }: Answer): Json {
  if (status >= 400 && schema === undefined) return problem();
  return { [mediaType]: { schema: schema === undefined ? {} : outputSchema(schema) } };
}

const problem = (): Json => ({
  'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
});
const json = (schema: Json): Json => ({ 'application/json': { schema } });

function pathParameters(path: string): readonly Json[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string', maxLength: 128 },
  }));
}

function headerParameters({ headers = {} }: RouteDoc): readonly Json[] {
  return Object.entries(headers).map(([name, description]) => ({
    name,
    in: 'header',
    description,
    schema: { type: 'string' },
  }));
}

function queryParameters({ query }: RouteDoc): readonly Json[] {
  if (query === undefined) return [];
  const { properties = {} } = inputSchema(query) as { properties?: Record<string, Json> };
  return Object.entries(properties).map(([name, schema]) => {
    const { description, ...rest } = schema;
    return { name, in: 'query', description, schema: rest };
  });
}

function inputSchema(schema: z.ZodType): Json {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Json;
}

function outputSchema(schema: z.ZodType): Json {
  return z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' }) as Json;
}
