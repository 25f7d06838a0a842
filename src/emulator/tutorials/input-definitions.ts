import type { Answer } from '../http/route.ts';
import { isFields } from './participant.ts';

/** JSON schema's types in the words of the documents. */
const DATA_TYPES: ReadonlyMap<string, string> = new Map([
  ['integer', 'integer'],
  ['number', 'decimal'],
  ['boolean', 'boolean'],
  ['object', 'object'],
  ['array', 'list'],
]);

/** A flow's answer with its declared inputs as `inputDefinitions`, beside the platform's schema. */
export function withInputDefinitions(answer: Answer): Answer {
  if (!isFields(answer.body)) return answer;
  const schema = answer.body['inputSchema'];
  const properties = isFields(schema) && isFields(schema['properties']) ? schema['properties'] : {};
  const required: readonly unknown[] =
    isFields(schema) && Array.isArray(schema['required']) ? schema['required'] : [];
  const inputDefinitions = Object.entries(properties).map(([name, property]) => ({
    name,
    dataType: dataTypeOf(property),
    required: required.includes(name),
  }));
  return { ...answer, body: { ...answer.body, inputDefinitions } };
}

function dataTypeOf(property: unknown): string {
  if (!isFields(property)) return 'string';
  if (property['format'] === 'date-time') return 'datetime';
  return DATA_TYPES.get(String(property['type'])) ?? 'string';
}
