import { canonicalJson } from '../../lib/canonical-json.ts';

/**
 * What a value is meant to be. Attributes are strings on the platform; a type says which string.
 * `auto` takes scalars as they are and objects as JSON.
 */
export type AttributeType =
  | 'auto'
  | 'string'
  | 'integer'
  | 'decimal'
  | 'boolean'
  | 'date'
  | 'datetime'
  | 'duration'
  | 'currency'
  | 'json'
  | 'enum';

export const ATTRIBUTE_TYPES: readonly AttributeType[] = [
  'auto',
  'string',
  'integer',
  'decimal',
  'boolean',
  'date',
  'datetime',
  'duration',
  'currency',
  'json',
  'enum',
];

export interface TypeSpec {
  readonly type: AttributeType;
  /** The allowed values of an `enum`, as they are written. */
  readonly values?: readonly string[] | undefined;
}

/** The one string for a value, or which type it really has. Neither tells the value itself. */
export type Canonical =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'mismatch'; readonly actual: string; readonly hint: string };

/** Longest text that is made of one value, in characters; what may be written is far shorter. */
const MAX_TEXT_LENGTH = 262_144;

/** Digits and zeros a number may have; beyond that it is no amount of anything. */
const MAX_NUMBER_LENGTH = 64;

/**
 * Writes a value as the one string of its type: `true`, plain decimals, ISO 8601, JSON with sorted
 * members. Writing that string again gives the same string. What is not of the type is a mismatch;
 * nothing is guessed.
 */
export function canonicalize(value: unknown, spec: TypeSpec): Canonical {
  const text = WRITERS[spec.type](value, spec);
  if (text === undefined) return mismatch(value, HINTS[spec.type]);
  if (text.length > MAX_TEXT_LENGTH)
    return mismatch(value, `at most ${MAX_TEXT_LENGTH} characters`);
  return { kind: 'text', text };
}

/** The type of a value as reports name it. */
export function actualType(value: unknown): string {
  if (value === null || value === undefined) return 'absent';
  if (Array.isArray(value)) return 'array';
  if (value instanceof Date) return 'datetime';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'decimal';
  if (typeof value === 'bigint') return 'integer';
  return typeof value;
}

type Writer = (value: unknown, spec: TypeSpec) => string | undefined;

const WRITERS: Readonly<Record<AttributeType, Writer>> = {
  auto: (value) => scalarText(value) ?? jsonText(value),
  string: scalarText,
  integer: (value) => integerText(decimalText(value)),
  decimal: decimalText,
  boolean: booleanText,
  date: dateText,
  datetime: datetimeText,
  duration: durationText,
  currency: currencyText,
  json: jsonValueText,
  enum: (value, { values = [] }) => {
    const text = scalarText(value);
    if (text === undefined) return undefined;
    return values.includes(text)
      ? text
      : values.find((item) => item.toLowerCase() === text.toLowerCase());
  },
};

const HINTS: Readonly<Record<AttributeType, string>> = {
  auto: 'a value with a JSON form',
  string: 'text, a number, true or false',
  integer: 'a whole number in digits',
  decimal: 'a number in digits, with a point',
  boolean: 'true, 1, yes, false, 0 or no',
  date: 'a date such as 2026-01-31, or an instant',
  datetime: 'an instant such as 2026-01-31T09:00:00Z, or a date',
  duration: 'a duration such as P1DT2H or PT90S',
  currency: 'an amount with a currency, such as 12.50 EUR',
  json: 'JSON',
  enum: 'one of the values listed in the configuration',
};

function mismatch(value: unknown, hint: string): Canonical {
  return { kind: 'mismatch', actual: actualType(value), hint };
}

function scalarText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return decimalText(value);
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  return value instanceof Date ? datetimeText(value) : undefined;
}

const DECIMAL = /^([+-]?)(\d+)(?:\.(\d+))?(?:e([+-]?\d{1,3}))?$/i;

/** Plain digits: no exponent, no plus, no leading and no trailing zeros, no negative zero. */
function decimalText(value: unknown): string | undefined {
  const source = typeof value === 'string' ? value.trim() : numberSource(value);
  if (source === undefined || source.length > MAX_NUMBER_LENGTH) return undefined;
  const parts = DECIMAL.exec(source);
  if (parts === null) return undefined;
  const [, sign, whole = '', fraction = '', exponent = '0'] = parts;
  const { units, rest } = shiftPoint(whole, fraction, Number(exponent));
  if (units.length + rest.length > MAX_NUMBER_LENGTH) return undefined;
  const digits = rest === '' ? units : `${units}.${rest}`;
  return sign === '-' && digits !== '0' ? `-${digits}` : digits;
}

function numberSource(value: unknown): string | undefined {
  if (typeof value === 'bigint') return value.toString();
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : undefined;
}

function shiftPoint(
  whole: string,
  fraction: string,
  exponent: number,
): { readonly units: string; readonly rest: string } {
  const digits = whole + fraction;
  const point = whole.length + exponent;
  const padded =
    point < 0 ? '0'.repeat(-point) + digits : digits.padEnd(Math.max(digits.length, point), '0');
  const at = Math.max(point, 0);
  return {
    units: padded.slice(0, at).replace(/^0+(?=\d)/, '') || '0',
    rest: padded.slice(at).replace(/0+$/, ''),
  };
}

const integerText = (text: string | undefined): string | undefined =>
  text?.includes('.') === true ? undefined : text;

const TRUE: ReadonlySet<string> = new Set(['true', '1', 'yes']);
const FALSE: ReadonlySet<string> = new Set(['false', '0', 'no']);

function booleanText(value: unknown): string | undefined {
  const word = scalarText(value)?.trim().toLowerCase();
  if (word === undefined) return undefined;
  if (TRUE.has(word)) return 'true';
  return FALSE.has(word) ? 'false' : undefined;
}

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const DATETIME =
  /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s?([Zz]|[+-]\d{2}:?\d{2})?$/;

/** A calendar date. Of an instant it is the date as written there, in the offset it was written in. */
function dateText(value: unknown): string | undefined {
  if (value instanceof Date) return datetimeText(value)?.slice(0, 10);
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  const date = DATETIME.exec(text)?.[1];
  if (date !== undefined && datetimeText(text) === undefined) return undefined;
  const calendar = date ?? text;
  return isCalendarDate(calendar) ? calendar : undefined;
}

function isCalendarDate(text: string): boolean {
  const [, year, month, day] = DATE.exec(text) ?? [];
  if (year === undefined) return false;
  const at = new Date(`${text}T00:00:00Z`);
  return (
    !Number.isNaN(at.getTime()) &&
    at.getUTCMonth() + 1 === Number(month) &&
    at.getUTCDate() === Number(day)
  );
}

/** An instant in UTC with milliseconds. Text without an offset is read as UTC, and a bare date as its first moment. */
function datetimeText(value: unknown): string | undefined {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : isoText(value);
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  if (isCalendarDate(text)) return `${text}T00:00:00.000Z`;
  const parts = DATETIME.exec(text);
  if (parts === null) return undefined;
  const [, date = '', time = '', seconds = '00', fraction = '', offset = 'Z'] = parts;
  if (!isCalendarDate(date)) return undefined;
  const zone = offset.toUpperCase().replace(/^([+-]\d{2}):?(\d{2})$/, '$1:$2');
  const at = new Date(`${date}T${time}:${seconds}.${fraction.padEnd(3, '0').slice(0, 3)}${zone}`);
  return Number.isNaN(at.getTime()) ? undefined : isoText(at);
}

/** Years beyond 9999 have a form of their own, which few readers know. */
function isoText(at: Date): string | undefined {
  const text = at.toISOString();
  return text.length === 24 ? text : undefined;
}

const DURATION =
  /^P(?=\d|T\d)(\d{1,9}Y)?(\d{1,9}M)?(\d{1,9}W)?(\d{1,9}D)?(T(?=\d)(\d{1,9}H)?(\d{1,9}M)?(\d{1,9}(\.\d{1,9})?S)?)?$/;

function durationText(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const text = value.trim().toUpperCase();
  return DURATION.test(text) ? text : undefined;
}

/** `12.50 EUR`: the amount as precise as it came, then the ISO 4217 code. */
function currencyText(value: unknown): string | undefined {
  const [amount, code] = amountAndCode(value);
  const currency = code?.toUpperCase();
  const number = decimalText(amount);
  if (number === undefined || currency === undefined || !/^[A-Z]{3}$/.test(currency))
    return undefined;
  const decimals =
    typeof amount === 'string' ? (/\.(\d+)$/.exec(amount.trim())?.[1]?.length ?? 0) : 0;
  const missing = decimals - (number.split('.')[1]?.length ?? 0);
  const padded =
    missing <= 0 ? number : `${number}${number.includes('.') ? '' : '.'}${'0'.repeat(missing)}`;
  return `${padded} ${currency}`;
}

function amountAndCode(value: unknown): readonly [unknown, string | undefined] {
  if (typeof value === 'string') {
    const parts = value.trim().split(/\s+/);
    if (parts.length !== 2) return [undefined, undefined];
    const [first = '', second = ''] = parts;
    return /^[A-Za-z]{3}$/.test(first) ? [second, first] : [first, second];
  }
  if (typeof value !== 'object' || value === null || !('amount' in value))
    return [undefined, undefined];
  const code = 'currency' in value ? value.currency : 'code' in value ? value.code : undefined;
  return [value.amount, typeof code === 'string' ? code : undefined];
}

function jsonText(value: unknown): string | undefined {
  try {
    return canonicalJson(value, MAX_TEXT_LENGTH);
  } catch {
    // Not finite, too deep, too long or of no JSON form: all of them are a mismatch to the caller.
    return undefined;
  }
}

/** Text that is JSON already is taken as that JSON, so that a value is not wrapped twice. */
function jsonValueText(value: unknown): string | undefined {
  if (typeof value !== 'string') return value === undefined ? undefined : jsonText(value);
  if (value.length > MAX_TEXT_LENGTH) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(value, keepDigits);
  } catch {
    // Plain text is a JSON string.
    return jsonText(value);
  }
  return jsonText(parsed);
}

/** Digits that a JavaScript number can't hold are an identifier: they stay text rather than be rounded. */
function keepDigits(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const source = context?.source;
  const isRounded =
    typeof value === 'number' &&
    source !== undefined &&
    /^-?\d+$/.test(source) &&
    String(value) !== source;
  return isRounded && source !== '-0' ? source : value;
}
