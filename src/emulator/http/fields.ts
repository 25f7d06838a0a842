import { badRequest, invalidValue } from './errors.ts';

/** A JSON object of which nothing is known yet. */
export type Fields = Readonly<Record<string, unknown>>;

/** @throws {PlatformError} 400 for anything but an object */
export function fieldsOf(value: unknown): Fields {
  if (isFields(value)) return value;
  throw badRequest();
}

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** @throws {PlatformError} 400 for another type */
export function text(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  throw invalidValue(kindOf(value), name, 'a string');
}

/** @throws {PlatformError} 400 for another type, or a member of another type */
export function textMap(fields: Fields, name: string): Record<string, string> | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (!isFields(value)) throw invalidValue(kindOf(value), name, 'a map of string to string');
  for (const [key, item] of Object.entries(value)) {
    if (typeof item !== 'string') throw invalidValue(kindOf(item), `${name}.${key}`, 'a string');
  }
  // Every member was just looked at.
  return value as Record<string, string>;
}

/** @throws {PlatformError} 400 for another type, or an item of another type */
export function textList(fields: Fields, name: string): string[] | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value) || value.some((item) => typeof item !== 'string')) {
    throw invalidValue(kindOf(value), name, 'a list of strings');
  }
  return value as string[];
}

/** Epoch milliseconds. @throws {PlatformError} 400 for what is no instant */
export function instant(fields: Fields, name: string): number | undefined {
  const value = text(fields, name);
  if (value === undefined) return undefined;
  const at = Date.parse(value);
  if (Number.isNaN(at)) throw invalidValue(value, name, 'an ISO-8601 instant');
  return at;
}

export const kindOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
