/** What a text looks like to a flow. Attributes are texts; Architect converts by expression. */
export type ValueType =
  | 'empty'
  | 'boolean'
  | 'integer'
  | 'decimal'
  | 'date-time'
  | 'date'
  | 'json'
  | 'text';

const INTEGER = /^-?(?:0|[1-9]\d{0,14})$/;
const DECIMAL = /^-?(?:0|[1-9]\d{0,14})\.\d{1,15}$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?$/;

/** Reads the type off a text. A number with a leading zero is text: it is an account or a postcode. */
export function typeOfText(text: string): ValueType {
  if (text === '') return 'empty';
  if (text === 'true' || text === 'false') return 'boolean';
  if (INTEGER.test(text)) return 'integer';
  if (DECIMAL.test(text)) return 'decimal';
  if (DATE_TIME.test(text)) return isDate(text) ? 'date-time' : 'text';
  if (DATE.test(text)) return isDate(text) ? 'date' : 'text';
  return isJson(text) ? 'json' : 'text';
}

function isDate(text: string): boolean {
  return !Number.isNaN(Date.parse(text));
}

function isJson(text: string): boolean {
  if (!text.startsWith('{') && !text.startsWith('[')) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * The Architect expression that turns the variable into its type; undefined where the text itself
 * is what one wants. Source: help article "Convert a string value to a typed value", read 2026-11-20.
 */
export function conversionFor(type: ValueType, variable: string): string | undefined {
  switch (type) {
    case 'boolean':
      return `ToBool(${variable})`;
    case 'integer':
      return `ToInt(${variable})`;
    case 'decimal':
      return `ToDecimal(${variable})`;
    case 'date':
    case 'date-time':
      return `ToDateTime(${variable})`;
    case 'json':
      return `JsonParse(${variable})`;
    case 'empty':
    case 'text':
      return undefined;
  }
}
