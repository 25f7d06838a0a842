import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { abortable } from '../../../lib/abort.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { Log } from '../../../lib/log.ts';
import { LookupError } from '../../errors.ts';
import { codeOf } from '../../../lib/error-code.ts';
import type { CsvSourceOptions } from '../../options/file-options.ts';
import { RowCollector } from '../rows.ts';
import type { Source, SourceAnswer, SourceQuery } from '../../source.ts';
import { CsvError } from './csv-parser.ts';
import { readTable, type Table } from './csv-table.ts';

interface CsvDeps {
  readonly clock: Clock;
  readonly log: Log;
}

/** The file as it was when it was read. */
interface Loaded {
  readonly table: Table;
  readonly signature: string;
  readonly atMs: number;
}

/** A CSV file, kept in memory and read again when it changes. */
export function createCsvSource(name: string, options: CsvSourceOptions, deps: CsvDeps): Source {
  const file = new CsvFile(name, options, deps);
  const { keyColumn } = options;
  const columnOf = (kind: string | undefined): string | undefined => {
    if (typeof keyColumn === 'string') return keyColumn;
    return kind !== undefined && Object.hasOwn(keyColumn, kind) ? keyColumn[kind] : undefined;
  };
  return {
    uses: { key: true, keyKind: typeof keyColumn !== 'string', conversationId: false },
    repeatable: true,
    async read({ key, keyKind }: SourceQuery, signal: AbortSignal): Promise<SourceAnswer> {
      const { table, outdated } = await abortable(file.current(), signal);
      const collector = new RowCollector(name, options);
      const column = columnOf(keyKind);
      const rows = column === undefined ? [] : table.find(column, key ?? '');
      for (const row of rows) if (!collector.add(row)) break;
      const answer = collector.answer();
      if (answer.found) return { ...answer, outdated };
      // Who is missing in the old table may be in the new one, which cannot be read.
      if (outdated !== undefined) throw outdated.cause;
      return answer;
    },
    [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
  };
}

class CsvFile implements AsyncDisposable {
  readonly #name: string;
  readonly #options: CsvSourceOptions;
  readonly #deps: CsvDeps;
  #loaded: Loaded | undefined;
  #trouble: LookupError | undefined;
  #checkedAtMs = Number.NEGATIVE_INFINITY;
  #checking: Promise<void> | undefined;

  constructor(name: string, options: CsvSourceOptions, deps: CsvDeps) {
    this.#name = name;
    this.#options = options;
    this.#deps = deps;
  }

  /** The table, and why it is an old one if it is. A damaged file does not take away the last good one. */
  async current(): Promise<{
    readonly table: Table;
    readonly outdated: { readonly ageMs: number; readonly cause: LookupError } | undefined;
  }> {
    const nowMs = this.#deps.clock.monotonicMs();
    if (this.#checking === undefined && nowMs - this.#checkedAtMs >= this.#options.checkMs) {
      this.#checkedAtMs = nowMs;
      this.#checking = this.#check().finally(() => {
        this.#checking = undefined;
      });
    }
    await this.#checking;
    const trouble = this.#trouble;
    if (this.#loaded === undefined) throw trouble ?? this.#unreadable('it was not read yet');
    const { table, atMs } = this.#loaded;
    const ageMs = this.#deps.clock.monotonicMs() - atMs;
    return { table, outdated: trouble === undefined ? undefined : { ageMs, cause: trouble } };
  }

  async #check(): Promise<void> {
    const { file, maxFileBytes } = this.#options;
    try {
      const { mtimeMs, size, ino } = await stat(file);
      const signature = `${ino}:${size}:${mtimeMs}`;
      if (signature !== this.#loaded?.signature) {
        if (size > maxFileBytes) {
          throw new CsvError(`it has ${size} bytes, more than ${maxFileBytes}`);
        }
        const table = await readTable(createReadStream(file, 'utf8'), this.#tableRules());
        this.#loaded = { table, signature, atMs: this.#deps.clock.monotonicMs() };
        this.#deps.log.info('source.file-read', { source: this.#name, bytes: size });
      }
      this.#trouble = undefined;
    } catch (error) {
      const why = error instanceof CsvError ? error.message : codeOf(error);
      this.#trouble = this.#unreadable(why ?? 'it cannot be read', error);
    }
  }

  #tableRules(): Parameters<typeof readTable>[1] {
    const { keyColumn, delimiter, ignoreCase } = this.#options;
    const keyColumns = typeof keyColumn === 'string' ? [keyColumn] : Object.values(keyColumn);
    return { delimiter, ignoreCase, keyColumns: [...new Set(keyColumns)] };
  }

  #unreadable(why: string, cause?: unknown): LookupError {
    return new LookupError({
      code: 'ERR_SOURCE_FILE',
      source: this.#name,
      message: `cannot use ${this.#options.file}: ${why}`,
      nextStep:
        'Mend the file; put a new one in its place by renaming, so that no half is ever read.',
      cause,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#checking;
    this.#loaded = undefined;
  }
}
