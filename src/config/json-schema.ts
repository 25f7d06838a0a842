import { z } from 'zod';
import { memberOf, type Path } from './paths.ts';
import { configSchema } from './schema.ts';

export type JsonSchema = Readonly<Record<string, unknown>>;

/** JSON Schema (draft 2020-12) of a configuration file, for editors. */
export function configJsonSchema(): JsonSchema {
  const schema = z.toJSONSchema(configSchema, {
    io: 'input',
    unrepresentable: 'any',
    reused: 'inline',
  });
  return schema;
}

/**
 * The schemas that may describe the value at a path: several where alternatives are open. Of
 * alternatives that a `type` tells apart, the one that the value names is taken.
 */
export function schemasAt(schema: JsonSchema, path: Path, value: unknown): readonly JsonSchema[] {
  const open = alternatives(schema, value);
  const [first, ...rest] = path;
  if (first === undefined) return open;
  const child = memberOf(value, first);
  return open.flatMap((item) => {
    const next = childSchema(item, first);
    return next === undefined ? [] : schemasAt(next, rest, child);
  });
}

/** The members that a value at a path may have. */
export function knownMembers(schema: JsonSchema, path: Path, value: unknown): readonly string[] {
  const names = schemasAt(schema, path, value).flatMap((item) =>
    Object.keys(asSchema(item['properties']) ?? {}),
  );
  return [...new Set(names)];
}

function alternatives(schema: JsonSchema, value: unknown): readonly JsonSchema[] {
  const listed = schema['oneOf'] ?? schema['anyOf'] ?? schema['allOf'];
  if (!Array.isArray(listed)) return [schema];
  const all = listed.flatMap((item) => {
    const alternative = asSchema(item);
    return alternative === undefined ? [] : alternatives(alternative, value);
  });
  const named = memberOf(value, 'type');
  const matching = all.filter((item) => constOf(item) === named);
  return named !== undefined && matching.length > 0 ? matching : all;
}

const constOf = (schema: JsonSchema): unknown =>
  asSchema(asSchema(schema['properties'])?.['type'])?.['const'];

function childSchema(schema: JsonSchema, member: string | number): JsonSchema | undefined {
  if (typeof member === 'number') return asSchema(schema['items']);
  return (
    asSchema(asSchema(schema['properties'])?.[member]) ?? asSchema(schema['additionalProperties'])
  );
}

export function asSchema(value: unknown): JsonSchema | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonSchema)
    : undefined;
}
