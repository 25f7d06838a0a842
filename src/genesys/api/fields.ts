import { asFields, asText, type Fields } from '../../domain/fields.ts';
import type { PlatformError } from '../errors.ts';
import type { PlatformAnswer, PlatformRequest } from '../request/platform-request.ts';
import { unexpectedAnswer } from '../request/read-answer.ts';

export function asNumber(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function asTexts(value: unknown): readonly string[] {
  return asList(value).filter((item) => typeof item === 'string');
}

/**
 * The body as an object with a text `id`, or the error of an answer that breaks the contract.
 *
 * @throws {PlatformError} `ERR_GENESYS_UNEXPECTED_ANSWER`
 */
export function expectFields(request: PlatformRequest, answer: PlatformAnswer): Fields {
  const fields = asFields(answer.body);
  if (fields === undefined) throw broken(request, answer, 'without an object');
  return fields;
}

/** @throws {PlatformError} `ERR_GENESYS_UNEXPECTED_ANSWER` */
export function expectText(
  fields: Fields,
  name: string,
  context: { readonly request: PlatformRequest; readonly answer: PlatformAnswer },
): string {
  const text = asText(fields[name]);
  if (text === undefined) throw broken(context.request, context.answer, `without ${name}`);
  return text;
}

function broken(request: PlatformRequest, answer: PlatformAnswer, what: string): PlatformError {
  return unexpectedAnswer(request, `status ${answer.status} ${what}`);
}
