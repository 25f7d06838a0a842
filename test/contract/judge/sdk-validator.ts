import type { ValidateFunction } from 'ajv';
import { createAjv, problemsOf } from './ajv.ts';
import type { AnswerMessage } from '../../../src/emulator/diagnostics.ts';
import { createSdkSchemas, type JsonSchema } from './sdk-schemas.ts';

export interface SdkValidator {
  /** Compares an answer with the type that the SDK declares for its operation. */
  checkAnswer(answer: AnswerMessage): readonly string[];
  /** Compares a value with one of the SDK's models. */
  checkModel(model: string, value: unknown): readonly string[];
  hasModel(model: string): boolean;
}

/** Holds answers and events against the official SDK's own type declarations. */
export function createSdkValidator(): SdkValidator {
  const schemas = createSdkSchemas();
  const ajv = createAjv();
  ajv.addSchema({ $id: 'sdk', definitions: schemas.definitions() });
  const compiled = new Map<string, ValidateFunction>();
  const check = (key: string, schema: JsonSchema, value: unknown): readonly string[] => {
    const validate = compiled.get(key) ?? ajv.compile(schema);
    compiled.set(key, validate);
    return problemsOf(validate, value);
  };
  const checkModel = (model: string, value: unknown): readonly string[] =>
    check(model, { $ref: `sdk#/definitions/${model}` }, value);

  return {
    hasModel: (model) => schemas.hasModel(model),
    checkModel,
    checkAnswer({ operation, status, body }) {
      if (status >= 400) return body === undefined ? [] : checkModel('ErrorBody', body);
      if (operation === undefined) return [];
      const schema = schemas.answerOf(operation);
      // Accepted work may be answered with nothing, or with what the SDK would give when done.
      if (schema === undefined || (status === 202 && body === undefined)) return [];
      if (schema !== 'nothing') return check(operation, schema, body);
      return body === undefined ? [] : ['body: the SDK declares none'];
    },
  };
}
