import { asFields, type Fields } from '../../domain/fields.ts';
import type { AttributeType, TypeSpec } from '../mapping/canonical.ts';

/** What a flow declares as its inputs. */
export interface FlowSchema {
  readonly flowId: string;
  readonly name: string | undefined;
  readonly version: string | undefined;
  readonly inputs: ReadonlyMap<string, FlowInput>;
}

export interface FlowInput extends TypeSpec {
  /** The type in the flow's own words, as reports show it. */
  readonly declared: string;
  readonly required: boolean;
}

/**
 * Reads the declared inputs of a flow (`GET /api/v2/flows/{id}`) or of one version of it. They are
 * a JSON schema in `inputSchema`; a list `inputDefinitions` of names and data types, as older
 * write-ups have it, is understood too. A flow without either declares nothing: undefined.
 */
export function parseFlowSchema(flowId: string, body: unknown): FlowSchema | undefined {
  const flow = asFields(body);
  const published = asFields(flow?.['publishedVersion']);
  const inputs =
    inputsOfSchema(published?.['inputSchema']) ??
    inputsOfSchema(flow?.['inputSchema']) ??
    inputsOfDefinitions(flow?.['inputDefinitions'] ?? flow?.['input_definitions']);
  if (inputs === undefined) return undefined;
  return {
    flowId,
    name: asText(flow?.['name']),
    version: versionOf(published),
    inputs,
  };
}

/** A flow written down for a test: as the platform gives it, or its input schema alone. */
export function parseGivenFlow(body: unknown): FlowSchema | undefined {
  const id = asText(asFields(body)?.['id']) ?? 'of the case';
  return parseFlowSchema(id, body) ?? parseFlowSchema(id, { inputSchema: body });
}

const versionOf = (fields: Fields | undefined): string | undefined =>
  asText(fields?.['commitVersion']) ?? asText(fields?.['id']);

function inputsOfSchema(value: unknown): ReadonlyMap<string, FlowInput> | undefined {
  const schema = asFields(value);
  const properties = asFields(schema?.['properties']);
  if (properties === undefined) return undefined;
  const required = new Set<unknown>(Array.isArray(schema?.['required']) ? schema['required'] : []);
  const inputs = new Map<string, FlowInput>();
  for (const [name, property] of Object.entries(properties)) {
    inputs.set(name, {
      ...inputOfProperty(asFields(property) ?? {}),
      required: required.has(name),
    });
  }
  return inputs;
}

/** The formats of JSON schema text that have a type of their own here. */
const FORMATS: ReadonlyMap<string, AttributeType> = new Map([
  ['date', 'date'],
  ['date-time', 'datetime'],
  ['duration', 'duration'],
]);

const SCHEMA_TYPES: ReadonlyMap<string, AttributeType> = new Map([
  ['string', 'string'],
  ['integer', 'integer'],
  ['number', 'decimal'],
  ['boolean', 'boolean'],
  ['object', 'json'],
  ['array', 'json'],
]);

function inputOfProperty(property: Fields): Omit<FlowInput, 'required'> {
  const types = Array.isArray(property['type']) ? property['type'] : [property['type']];
  const name = types.find((type) => typeof type === 'string' && type !== 'null');
  const type = SCHEMA_TYPES.get(String(name)) ?? 'auto';
  const values = Array.isArray(property['enum'])
    ? property['enum'].filter((item) => typeof item === 'string')
    : [];
  if (type === 'string' && values.length > 0) return { type: 'enum', values, declared: 'enum' };
  const format = type === 'string' ? asText(property['format']) : undefined;
  const ofFormat = format === undefined ? undefined : FORMATS.get(format);
  if (ofFormat !== undefined) return { type: ofFormat, declared: String(format) };
  if (isCurrency(property)) return { type: 'currency', declared: 'currency' };
  return { type, declared: typeof name === 'string' ? name : 'any' };
}

/** Architect's Currency arrives as an object of an amount and a code. */
function isCurrency(property: Fields): boolean {
  const members = asFields(property['properties']);
  return (
    members !== undefined && 'amount' in members && ('code' in members || 'currency' in members)
  );
}

/** The words that data types go by in lists of input definitions, in lower case. */
const DATA_TYPES: ReadonlyMap<string, AttributeType> = new Map([
  ['string', 'string'],
  ['number', 'decimal'],
  ['decimal', 'decimal'],
  ['integer', 'integer'],
  ['int', 'integer'],
  ['boolean', 'boolean'],
  ['bool', 'boolean'],
  ['date', 'date'],
  ['datetime', 'datetime'],
  ['date-time', 'datetime'],
  ['duration', 'duration'],
  ['currency', 'currency'],
  ['json', 'json'],
  ['object', 'json'],
]);

function inputsOfDefinitions(value: unknown): ReadonlyMap<string, FlowInput> | undefined {
  if (!Array.isArray(value)) return undefined;
  const inputs = new Map<string, FlowInput>();
  for (const item of value) {
    const definition = asFields(item);
    const name = asText(definition?.['name']);
    if (name === undefined) continue;
    const declared = asText(definition?.['dataType']) ?? asText(definition?.['data_type']) ?? 'any';
    inputs.set(name, {
      type: DATA_TYPES.get(declared.toLowerCase()) ?? 'auto',
      declared: declared.toLowerCase(),
      required: definition?.['required'] === true,
    });
  }
  return inputs;
}

function asText(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}
