import { fork, type ChildProcess } from 'node:child_process';
import { LookupError } from '../../errors.ts';
import type { SqliteSourceOptions } from '../../options/sql-options.ts';
import type { RowCollector } from '../rows.ts';
import type { Source } from '../../source.ts';
import type { CompiledQuery } from './compile-query.ts';
import { readSqliteError } from './database-error.ts';
import { createSqlSource, type Database } from './sql-source.ts';
import type { SqliteAnswer, SqliteQuestion, SqliteSetup } from './sqlite-thread.ts';

/** An SQLite file. */
export function createSqliteSource(name: string, options: SqliteSourceOptions): Source {
  return createSqlSource(name, 'sqlite', options, new SqliteDatabase(name, options));
}

/** Beside this file, in whatever form this file itself runs. */
const PROCESS = new URL(
  import.meta.url.endsWith('.ts') ? './sqlite-process.ts' : './sqlite-process.js',
  import.meta.url,
);

/**
 * The driver is synchronous, and a query that is running cannot be interrupted: not by the driver,
 * and not by ending a thread either, which then never ends and keeps the whole process from ending.
 * So queries run in processes of their own, and one whose query is given up is killed. The
 * bulkhead bounds how many there are.
 */
class SqliteDatabase implements Database {
  readonly #name: string;
  readonly #setup: SqliteSetup;
  readonly #idle: ChildProcess[] = [];
  readonly #ending = new Set<Promise<void>>();

  constructor(name: string, { file, rows, maxRows }: SqliteSourceOptions) {
    this.#name = name;
    // One more than allowed shows that there were too many.
    this.#setup = { file, limit: rows === 'all' ? maxRows + 1 : 2 };
  }

  async run(
    query: CompiledQuery,
    values: readonly (string | null)[],
    collector: RowCollector,
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted();
    const child = this.#idle.pop() ?? this.#start();
    let answer: SqliteAnswer;
    try {
      answer = await ask(child, { text: query.text, values }, signal);
    } catch (error) {
      this.#kill(child);
      signal.throwIfAborted();
      throw this.#ended(error);
    }
    this.#idle.push(child);
    if (answer.kind === 'trouble') throw readSqliteError(this.#name, answer);
    for (const row of answer.rows) collector.add(row);
  }

  #start(): ChildProcess {
    const child = fork(PROCESS, [JSON.stringify(this.#setup)], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      // It needs nothing of ours, least of all the secrets in our environment.
      env: {},
      execArgv: [],
    });
    // Whoever waits for an answer has listeners of their own; this is for when nobody does.
    child.on('error', () => this.#forget(child));
    child.once('exit', () => this.#forget(child));
    return child;
  }

  #forget(child: ChildProcess): void {
    const at = this.#idle.indexOf(child);
    if (at >= 0) this.#idle.splice(at, 1);
  }

  #ended(cause: unknown): LookupError {
    return new LookupError({
      code: 'ERR_SOURCE_UNAVAILABLE',
      source: this.#name,
      message: 'lost the process that has its file open',
      nextStep:
        'Look for what ended it, such as a lack of memory; the next lookup starts another one.',
      cause,
    });
  }

  #kill(child: ChildProcess): void {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      child.once('error', () => resolve());
    });
    this.#ending.add(ended);
    void ended.then(() => this.#ending.delete(ended));
    child.kill('SIGKILL');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#idle.splice(0)) this.#kill(child);
    await Promise.all(this.#ending);
  }
}

function ask(
  child: ChildProcess,
  question: SqliteQuestion,
  signal: AbortSignal,
): Promise<SqliteAnswer> {
  const settled = Promise.withResolvers<SqliteAnswer>();
  const onAbort = (): void => settled.reject(signal.reason);
  // What arrives was sent by our own code at the other end.
  const onMessage = (answer: unknown): void => settled.resolve(answer as SqliteAnswer);
  const onExit = (): void => settled.reject(new Error('the process of the database has ended'));
  child.once('message', onMessage);
  child.once('error', settled.reject);
  child.once('exit', onExit);
  signal.addEventListener('abort', onAbort, { once: true });
  child.send(question, (error) => {
    if (error !== null) settled.reject(error);
  });
  return settled.promise.finally(() => {
    child.off('message', onMessage);
    child.off('error', settled.reject);
    child.off('exit', onExit);
    signal.removeEventListener('abort', onAbort);
  });
}
