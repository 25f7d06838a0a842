import { LookupError } from '../errors.ts';
import type { RowOptions } from '../options/row-options.ts';
import { NOT_FOUND, type SourceAnswer } from '../source.ts';

export type Row = Readonly<Record<string, unknown>>;

/** Takes rows as they come and makes an answer of them, without ever holding more than allowed. */
export class RowCollector {
  readonly #source: string;
  readonly #rules: RowOptions;
  readonly #rows: Row[] = [];
  #count = 0;

  constructor(source: string, rules: RowOptions) {
    this.#source = source;
    this.#rules = rules;
  }

  /** Takes one row. False means that no more are wanted. */
  add(row: Row): boolean {
    this.#count += 1;
    const kept = this.#rules.rows === 'all' ? this.#rules.maxRows : 1;
    if (this.#rows.length < kept) this.#rows.push(toPlainRow(row));
    return this.#count <= this.#rules.maxRows;
  }

  /** @throws {LookupError} */
  answer(): SourceAnswer {
    const [first] = this.#rows;
    if (first === undefined) return NOT_FOUND;
    const { rows, maxRows, maxBytes } = this.#rules;
    if (rows === 'only' && this.#count > 1) throw this.#ambiguous();
    if (rows === 'all' && this.#count > maxRows) throw this.#tooLarge(`${maxRows} rows`);
    const value = rows === 'all' ? this.#rows : first;
    const bytes = JSON.stringify(value).length;
    if (bytes > maxBytes) throw this.#tooLarge(`${maxBytes} bytes`);
    return { found: true, value, bytes };
  }

  #ambiguous(): LookupError {
    return new LookupError({
      code: 'ERR_SOURCE_AMBIGUOUS',
      source: this.#source,
      message: 'knows more than one customer by this key',
      nextStep: 'Make the query name one, or set rows: first if any of them will do.',
    });
  }

  #tooLarge(limit: string): LookupError {
    return new LookupError({
      code: 'ERR_SOURCE_TOO_LARGE',
      source: this.#source,
      message: `answered with more than ${limit}`,
      nextStep: 'Select fewer columns or rows, or raise maxRows or maxBytes.',
    });
  }
}

/** A row as JSON data, so that an expression sees the same kinds of values from every source. */
function toPlainRow(row: Row): Row {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, toPlain(value)]));
}

function toPlain(value: unknown): unknown {
  if (typeof value === 'bigint') {
    // Beyond 2^53 a number would be rounded; as text every digit survives.
    return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  }
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  return Array.isArray(value) ? value.map(toPlain) : value;
}
