import { readFileSync } from 'node:fs';
import type { ValidateFunction } from 'ajv';
import { createAjv, problemsOf } from './ajv.ts';
import type { AnswerMessage } from '../../../src/emulator/diagnostics.ts';

type Json = Readonly<Record<string, unknown>>;

export interface OpenApiValidator {
  /** Whether the document describes the operation. */
  knows(operation: string): boolean;
  /** Compares status, error code and body with what the document declares for the operation. */
  checkAnswer(answer: AnswerMessage): readonly string[];
}

/** Statuses that no document declares: a wrong method, and what the emulator lacks. */
const UNDECLARED_STATUSES: ReadonlySet<number> = new Set([405, 501]);

/** Reads a Swagger 2.0 document, such as the platform's own. */
export function readOpenApiValidator(file: string): OpenApiValidator {
  return createOpenApiValidator(JSON.parse(readFileSync(file, 'utf8')));
}

export function createOpenApiValidator(input: unknown): OpenApiValidator {
  const document = asJson(input);
  const ajv = createAjv();
  // Generators call every node of Jackson's an object; this one is an array on the wire.
  const definitions = {
    ...closeObjects(asJson(document['definitions'])),
    ArrayNode: { type: 'array' },
  };
  ajv.addSchema({ $id: 'platform', definitions });
  const operations = readOperations(asJson(document['paths']));
  const compiled = new Map<string, ValidateFunction>();

  const checkBody = (key: string, schema: unknown, body: unknown): readonly string[] => {
    const validate = compiled.get(key) ?? ajv.compile(absoluteRefs(asJson(schema)));
    compiled.set(key, validate);
    return problemsOf(validate, body);
  };

  return {
    knows: (operation) => operations.has(operation),
    checkAnswer(answer) {
      const { operation = '', status, body, faults } = answer;
      const responses = operations.get(operation);
      // What a fault rule answers is up to the rule.
      if (responses === undefined || faults.length > 0) return [];
      if (UNDECLARED_STATUSES.has(status)) return [];
      const response = responses[String(status)] ?? responses['default'];
      if (response === undefined) return [`status ${status} is not declared`];
      const { schema, 'x-inin-error-codes': codes } = asJson(response);
      const problems = status >= 400 ? codeProblems(asJson(codes), body) : [];
      if (schema !== undefined && !mayBeEmpty(answer)) {
        problems.push(...checkBody(`${operation} ${status}`, schema, body));
      }
      if (schema === undefined && body !== undefined && responses['default'] === undefined) {
        problems.push(`body: none is declared for ${status}`);
      }
      return problems;
    },
  };
}

/** Accepted work need not say anything yet, and `HEAD` never does. */
const mayBeEmpty = ({ method, status, body }: AnswerMessage): boolean =>
  body === undefined && (status === 202 || method === 'HEAD');

function readOperations(paths: Json): Map<string, Json> {
  const operations = new Map<string, Json>();
  for (const [path, item] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(asJson(item))) {
      const { responses } = asJson(operation);
      operations.set(`${method.toUpperCase()} ${path}`, asJson(responses));
    }
  }
  return operations;
}

function codeProblems(declared: Json, body: unknown): string[] {
  const { code } = asJson(body);
  if (code === undefined || (typeof code === 'string' && Object.hasOwn(declared, code))) return [];
  return [`error code ${JSON.stringify(code)} is not declared`];
}

/**
 * Types of the JSON library that the platform is written with. Its document describes them as bare
 * objects; what they are on the wire is what their names say.
 */
const LIBRARY_TYPES: ReadonlyMap<string, Json> = new Map([
  ['ArrayNode', { type: 'array' }],
  ['JsonNode', {}],
]);

/** Makes a property that the document does not name an error: it would be one that clients never see. */
function closeObjects(definitions: Json): Json {
  return Object.fromEntries(
    Object.entries(definitions).map(([name, definition]) => {
      const known = LIBRARY_TYPES.get(name);
      if (known !== undefined) return [name, known];
      const schema = absoluteRefs(asJson(definition));
      const isOpen = schema['properties'] === undefined || 'additionalProperties' in schema;
      return [name, isOpen ? schema : { ...schema, additionalProperties: false }];
    }),
  );
}

function absoluteRefs(schema: Json): Json {
  const text = JSON.stringify(schema);
  return asJson(JSON.parse(text.replaceAll('"#/definitions/', '"platform#/definitions/')));
}

const asJson = (value: unknown): Json =>
  typeof value === 'object' && value !== null ? (value as Json) : {};
