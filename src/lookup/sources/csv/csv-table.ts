import type { Row } from '../rows.ts';
import { CsvError, CsvParser } from './csv-parser.ts';

export interface TableRules {
  readonly delimiter: string;
  /** Columns that rows are found by. */
  readonly keyColumns: readonly string[];
  readonly ignoreCase: boolean;
}

/** A CSV text as rows that are found by the values of some columns. */
export interface Table {
  find(column: string, key: string): readonly Row[];
}

/**
 * Reads a table from pieces of text. The first line names the columns. Every line has as many
 * fields as there are columns; an empty field is a column that the row does not have.
 *
 * @throws {CsvError}
 */
export async function readTable(text: AsyncIterable<string>, rules: TableRules): Promise<Table> {
  const builder = new TableBuilder(rules);
  const parser = new CsvParser(rules.delimiter, (fields, line) => builder.add(fields, line));
  let isFirst = true;
  for await (const piece of text) {
    parser.push(isFirst ? piece.replace(/^\uFEFF/, '') : piece);
    isFirst = false;
  }
  parser.end();
  return builder.build();
}

type Index = Map<string, Row[]>;

class TableBuilder {
  readonly #rules: TableRules;
  readonly #indexes: ReadonlyMap<string, Index>;
  #columns: readonly string[] | undefined;

  constructor(rules: TableRules) {
    this.#rules = rules;
    this.#indexes = new Map(rules.keyColumns.map((column) => [column, new Map()]));
  }

  add(fields: readonly string[], line: number): void {
    if (this.#columns === undefined) {
      this.#columns = this.#header(fields);
      return;
    }
    const { length } = this.#columns;
    if (fields.length !== length) {
      throw new CsvError(`line ${line} has ${fields.length} fields, the first line ${length}`);
    }
    const named = this.#columns.map((column, i) => [column, fields[i] ?? ''] as const);
    const row = Object.fromEntries(named.filter(([, value]) => value !== ''));
    for (const [column, index] of this.#indexes) {
      const value = Object.hasOwn(row, column) ? row[column] : undefined;
      if (value !== undefined) this.#put(index, value, row);
    }
  }

  build(): Table {
    if (this.#columns === undefined) throw new CsvError('the file is empty');
    const indexes = this.#indexes;
    const fold = (text: string): string => this.#fold(text);
    return { find: (column, key) => indexes.get(column)?.get(fold(key)) ?? [] };
  }

  #header(fields: readonly string[]): readonly string[] {
    const columns = fields.map((field) => field.trim());
    if (new Set(columns).size < columns.length) throw new CsvError('two columns have one name');
    const missing = this.#rules.keyColumns.find((column) => !columns.includes(column));
    if (missing === undefined) return columns;
    throw new CsvError(`there is no column ${missing}; there are ${columns.join(', ')}`);
  }

  #put(index: Index, value: string, row: Row): void {
    const key = this.#fold(value);
    const rows = index.get(key);
    if (rows === undefined) index.set(key, [row]);
    else rows.push(row);
  }

  #fold(text: string): string {
    const trimmed = text.trim();
    return this.#rules.ignoreCase ? trimmed.toLowerCase() : trimmed;
  }
}
