/** Deepest nesting written; deeper data is refused, since every reader of it recurses too. */
const MAX_DEPTH = 64;

/**
 * The one JSON text of a value by RFC 8785: members sorted by UTF-16 code units, no white space,
 * numbers and strings as ECMAScript writes them. Two values that are equal as JSON have the same text.
 *
 * The result is at most `maxLength` characters, and no more work is done than that takes, so a small
 * value that refers to itself over and over costs no more than a large one.
 *
 * @throws {RangeError} when the text would be longer, or the value is nested deeper than 64 levels
 * @throws {TypeError} when a number is not finite, or a value has no JSON form
 */
export function canonicalJson(value: unknown, maxLength: number = 1_000_000): string {
  const writer = new Writer(maxLength);
  writer.write(value, 0);
  return writer.text();
}

class Writer {
  readonly #maxLength: number;
  readonly #parts: string[] = [];
  #length = 0;

  constructor(maxLength: number) {
    this.#maxLength = maxLength;
  }

  text(): string {
    return this.#parts.join('');
  }

  write(value: unknown, depth: number): void {
    if (depth > MAX_DEPTH) throw new RangeError(`nested deeper than ${MAX_DEPTH} levels`);
    if (value === null || typeof value === 'boolean') this.#put(String(value));
    else if (typeof value === 'string') this.#text(value);
    else if (typeof value === 'number') this.#put(numberText(value));
    else if (typeof value === 'bigint') this.#bigint(value);
    else if (Array.isArray(value)) this.#array(value, depth);
    else if (typeof value === 'object') this.#object(value, depth);
    else throw new TypeError(`a ${typeof value} has no JSON form`);
  }

  /** Readers of JSON round what a double can't hold, so such an integer is written as text (RFC 7493 §2.2). */
  #bigint(value: bigint): void {
    const digits = value.toString();
    if (Number.isSafeInteger(Number(value))) this.#put(digits);
    else this.#text(digits);
  }

  #array(items: readonly unknown[], depth: number): void {
    this.#put('[');
    for (const [index, item] of items.entries()) {
      if (index > 0) this.#put(',');
      this.write(isMember(item) ? item : null, depth + 1);
    }
    this.#put(']');
  }

  #object(value: object, depth: number): void {
    if (value instanceof Date) {
      this.#text(value.toISOString());
      return;
    }
    this.#put('{');
    let isFirst = true;
    for (const [key, item] of Object.entries(value).toSorted(byCodeUnits)) {
      if (!isMember(item)) continue;
      if (!isFirst) this.#put(',');
      isFirst = false;
      this.#text(key);
      this.#put(':');
      this.write(item, depth + 1);
    }
    this.#put('}');
  }

  /** The length is asked first: a text that was put together from parts is not copied to be refused. */
  #text(text: string): void {
    if (this.#length + text.length > this.#maxLength) this.#refuse();
    this.#put(JSON.stringify(text));
  }

  #put(part: string): void {
    this.#length += part.length;
    if (this.#length > this.#maxLength) this.#refuse();
    this.#parts.push(part);
  }

  #refuse(): never {
    throw new RangeError(`longer than ${this.#maxLength} characters as JSON`);
  }
}

/** As `JSON.stringify` has it: what has no JSON form is left out of objects, and null in arrays. */
const isMember = (value: unknown): boolean =>
  value !== undefined && typeof value !== 'function' && typeof value !== 'symbol';

function byCodeUnits([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function numberText(value: number): string {
  if (!Number.isFinite(value)) throw new TypeError(`${value} has no JSON form`);
  return JSON.stringify(value);
}
