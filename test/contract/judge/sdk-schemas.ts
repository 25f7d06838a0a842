import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A JSON Schema, as far as the SDK's types need it. */
export interface JsonSchema {
  readonly type?: string;
  readonly $ref?: string;
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly anyOf?: readonly JsonSchema[];
}

/** JSON schemas made from the type declarations of the official SDK that is installed. */
export interface SdkSchemas {
  /** Every model by name, each referring to others as `sdk#/definitions/Name`. */
  definitions(): Readonly<Record<string, JsonSchema>>;
  hasModel(name: string): boolean;
  /**
   * The schema of what an operation answers with success: `'nothing'` for an operation without a
   * body, undefined for one that the SDK does not have.
   */
  answerOf(operation: string): JsonSchema | 'nothing' | undefined;
}

const SDK = new URL('./', import.meta.resolve('purecloud-platform-client-v2/package.json'));

export function createSdkSchemas(): SdkSchemas {
  const declarations = readFileSync(fileURLToPath(new URL('index.d.ts', SDK)), 'utf8');
  const answers = readAnswers(declarations);
  const definitions = readModels(declarations);
  return {
    definitions: () => definitions,
    hasModel: (name) => Object.hasOwn(definitions, name),
    answerOf: (operation) => answers.get(operation),
  };
}

const MODEL = /\n\texport interface (?<name>\w+) \{ ?\n(?<body>[\s\S]*?)\n?\t\}/g;
const PROPERTY = /^\t\t"(?<name>[^"]+)"(?<optional>\?)?: (?<type>.+);$/;

function readModels(declarations: string): Record<string, JsonSchema> {
  const models = declarations.slice(declarations.indexOf('declare namespace Models {'));
  const definitions: Record<string, JsonSchema> = {};
  for (const { groups } of models.matchAll(MODEL)) {
    definitions[groups?.['name'] ?? ''] = readModel(groups?.['body'] ?? '');
  }
  return definitions;
}

function readModel(body: string): JsonSchema {
  const properties: Record<string, JsonSchema> = {};
  const required: string[] = [];
  for (const line of body.split('\n').filter((text) => text.trim() !== '')) {
    const groups = PROPERTY.exec(line)?.groups;
    if (groups === undefined) throw new Error(`cannot read the SDK's property: ${line}`);
    const { name = '', type = '' } = groups;
    properties[name] = schemaOf(type);
    if (groups['optional'] === undefined) required.push(name);
  }
  return { type: 'object', properties, required, additionalProperties: false };
}

const SCALARS: ReadonlySet<string> = new Set(['string', 'number', 'boolean']);
/** The SDK writes `object` for whatever the contract leaves open. */
const OPEN: JsonSchema = {};
const MAP = /^(?:\{ \[key: string\]: (?<value>.+); \}|Record<string, (?<other>.+)>)$/;
const UNION = /^\w[\w.<>]*(?: \| \w[\w.<>]*)+$/;

/** Turns one TypeScript type of the SDK into a schema. @throws {Error} for a form it never had so far */
function schemaOf(type: string): JsonSchema {
  if (SCALARS.has(type)) return { type };
  if (type === 'object' || type === 'any') return OPEN;
  const item = /^Array<(.+)>$/.exec(type)?.[1];
  if (item !== undefined) return { type: 'array', items: schemaOf(item) };
  const map = MAP.exec(type)?.groups;
  const value = map?.['value'] ?? map?.['other'];
  if (value !== undefined) return { type: 'object', additionalProperties: schemaOf(value) };
  const model = /^Models\.(\w+)$/.exec(type)?.[1];
  if (model !== undefined) return { $ref: `sdk#/definitions/${model}` };
  if (UNION.test(type)) return { anyOf: type.split(' | ').map(schemaOf) };
  throw new Error(`cannot read the SDK's type: ${type}`);
}

const METHOD_OR_CALL =
  /\n\t(?<name>[a-z]\w*)\([^)]*\) ?\{|callApi\(\s*'(?<path>[^']+)',\s*'(?<method>[A-Z]+)'/g;

/** The answer's schema by operation: methods from the sources, their results from the declarations. */
function readAnswers(declarations: string): Map<string, JsonSchema | 'nothing'> {
  const answers = new Map<string, JsonSchema | 'nothing'>();
  const folder = new URL('src/purecloud-platform-client-v2/api/', SDK);
  for (const file of readdirSync(folder)) {
    const results = readResults(declarations, file.replace(/\.js$/, ''));
    let current = '';
    for (const { groups } of readFileSync(new URL(file, folder), 'utf8').matchAll(METHOD_OR_CALL)) {
      if (groups?.['name'] !== undefined) {
        current = groups['name'];
        continue;
      }
      const result = results.get(current);
      if (result === undefined) throw new Error(`${file}: ${current} is not declared`);
      const operation = `${groups?.['method']} ${groups?.['path']}`;
      answers.set(operation, result === 'void' ? 'nothing' : schemaOf(result));
    }
  }
  return answers;
}

/** What each method of one of the SDK's classes resolves to. */
function readResults(declarations: string, className: string): Map<string, string> {
  const start = declarations.indexOf(`declare class ${className} {`);
  const text = declarations.slice(start, declarations.indexOf('\n}', start));
  const methods = text.matchAll(/\n\s+(\w+)\(.*\): Promise<(.+)>;/g);
  return new Map([...methods].map(([, name = '', result = '']) => [name, result]));
}
