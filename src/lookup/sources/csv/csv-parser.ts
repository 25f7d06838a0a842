/** Where and why a text is no CSV. */
export class CsvError extends Error {
  override readonly name = 'CsvError';
}

/**
 * Where the parser stands.
 * - `start`: before the first character of a field.
 * - `bare`: in a field without quotes.
 * - `quoted`: in a field in quotes.
 * - `quote`: after a quote in a quoted field: its end, or the first of two that mean one.
 */
type Place = 'start' | 'bare' | 'quoted' | 'quote';

/**
 * Reads CSV as RFC 4180 describes it, piece by piece as the file is read. Line ends may be CRLF,
 * LF or CR; a quote in the middle of a bare field is an ordinary character.
 */
export class CsvParser {
  readonly #delimiter: string;
  readonly #onRecord: (fields: readonly string[], line: number) => void;
  #place: Place = 'start';
  #field = '';
  #fields: string[] = [];
  #line = 1;
  #recordLine = 1;
  #afterCr = false;

  constructor(delimiter: string, onRecord: (fields: readonly string[], line: number) => void) {
    this.#delimiter = delimiter;
    this.#onRecord = onRecord;
  }

  /** @throws {CsvError} */
  push(text: string): void {
    for (const char of text) this.#take(char);
  }

  /** Call when the text is over. @throws {CsvError} */
  end(): void {
    if (this.#place === 'quoted') {
      throw new CsvError(`the quotes that open in line ${this.#recordLine} never close`);
    }
    if (this.#place !== 'start' || this.#fields.length > 0) this.#endRecord();
  }

  #take(char: string): void {
    const isLineEnd = char === '\n' || char === '\r';
    const isSecondHalf = char === '\n' && this.#afterCr;
    this.#afterCr = char === '\r';
    if (isLineEnd && !isSecondHalf) this.#line += 1;
    if (this.#place === 'quoted') {
      if (char === '"') this.#place = 'quote';
      else this.#field += char;
      return;
    }
    if (isSecondHalf) return;
    if (isLineEnd) this.#endRecord();
    else if (char === this.#delimiter) this.#endField();
    else this.#takeInField(char);
  }

  #takeInField(char: string): void {
    if (this.#place === 'quote') {
      if (char !== '"') throw new CsvError(`text follows closing quotes in line ${this.#line}`);
      this.#field += char;
      this.#place = 'quoted';
    } else if (this.#place === 'start' && char === '"') {
      this.#place = 'quoted';
    } else {
      this.#field += char;
      this.#place = 'bare';
    }
  }

  #endField(): void {
    this.#fields.push(this.#field);
    this.#field = '';
    this.#place = 'start';
  }

  #endRecord(): void {
    const isBlank = this.#fields.length === 0 && this.#place === 'start';
    this.#endField();
    const fields = this.#fields;
    this.#fields = [];
    if (!isBlank) this.#onRecord(fields, this.#recordLine);
    this.#recordLine = this.#line;
  }
}
