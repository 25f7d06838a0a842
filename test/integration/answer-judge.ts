import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { problemsOf } from '../contract/judge/ajv.ts';

export interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

export interface DescribedOperation {
  readonly responses: Readonly<
    Record<string, { readonly content: Readonly<Record<string, { readonly schema: object }>> }>
  >;
}

export interface Answered {
  readonly method: string;
  /** As the document has it, with `{name}` for what varies. */
  readonly path: string;
  readonly status: number;
  readonly type: string;
  /** Undefined of a stream. */
  readonly text: string | undefined;
}

export type AnswerJudge = (answer: Answered) => readonly string[];

/** What of an answer the service's own document does not say: its status, its type, or a member. */
export function createAnswerJudge(document: OpenApiDocument): AnswerJudge {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  const compiled = new Map<object, ValidateFunction>();
  const validatorOf = (schema: object): ValidateFunction => {
    const known = compiled.get(schema);
    if (known !== undefined) return known;
    const validate = ajv.compile({ ...schema, components: document.components });
    compiled.set(schema, validate);
    return validate;
  };
  return ({ method, path, status, type, text }) => {
    const responses = document.paths[path]?.[method.toLowerCase()]?.responses;
    const described = responses?.[status];
    if (described === undefined) return [`${method} ${path} does not tell of ${status}`];
    const mediaType = type.split(';')[0] ?? '';
    const schema = described.content[mediaType]?.schema;
    if (schema === undefined) return [`${method} ${path} ${status} does not tell of ${mediaType}`];
    if (text === undefined || !mediaType.endsWith('json')) return [];
    if (Object.keys(schema).length === 0) return [`${method} ${path} ${status} has no schema`];
    return problemsOf(validatorOf(schema), JSON.parse(text)).map(
      (problem) => `${method} ${path} ${status}: ${problem}`,
    );
  };
}
