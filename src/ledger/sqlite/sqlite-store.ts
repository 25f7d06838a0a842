import { Worker } from 'node:worker_threads';
import type { Clock, Timer } from '../../lib/clock.ts';
import { ledgerClosed, ledgerLocked, ledgerUnusable, readFailed, writeFailed } from '../errors.ts';
import {
  sqliteDialect,
  valuesOf,
  type Dialect,
  type Query,
  type SqlRow,
  type Statement,
  type Unit,
  type UnitResult,
} from '../sql/statement.ts';
import type { Store, When } from '../sql/store.ts';
import {
  answerOf,
  toMessage,
  type ThreadSetup,
  type WireAnswer,
  type WireError,
  type WireJob,
  type WireResult,
  type WireStatement,
} from './protocol.ts';
import { createSteadyNow } from './steady-now.ts';

/** Jobs that wait are no more than these: a batch that grows larger keeps the next one waiting. */
const MAX_GATHERED = 64;

/** The thread's own objects live for one batch; V8 would give them the room that it gives to a program. */
const THREAD_LIMITS = { maxYoungGenerationSizeMb: 2 };

interface Waiting {
  readonly kind: Work['kind'];
  resolve(result: UnitResult): void;
  reject(error: unknown): void;
}

type Work =
  | { readonly kind: 'unit' | 'read'; readonly statements: readonly WireStatement[] }
  | { readonly kind: 'define'; readonly texts: readonly string[] }
  | { readonly kind: 'scrub' };

export interface SqliteStoreOptions {
  readonly path: string;
  readonly clock: Clock;
  /** Reads beside a running service; takes no lock and can change nothing. */
  readonly readOnly?: boolean | undefined;
  /**
   * How long work that may wait is kept for the next commit, in milliseconds.
   * @defaultValue 0, which is no longer than other work
   */
  readonly gatherMs?: number | undefined;
}

/**
 * A SQLite file behind a thread of its own. Work that is handed over within one turn of the event
 * loop travels as one message, since a message costs more than a statement. What may wait is gathered
 * and travels apart, in the order in which it came: it must not make the commit longer that somebody
 * waits for.
 */
export class SqliteStore implements Store {
  readonly dialect: Dialect = sqliteDialect;
  readonly now: () => number;
  readonly #path: string;
  readonly #worker: Worker;
  readonly #exited: Promise<void>;
  readonly #waiting = new Map<number, Waiting>();
  readonly #textIds = new Map<Query, number>();
  #newTexts: [number, string][] = [];
  /** Somebody waits for these: they go with the end of this turn of the event loop. */
  #urgent: WireJob[] = [];
  /** Nobody waits for these but who asked to. */
  #gathered: WireJob[] = [];
  #lastJob = 0;
  readonly #clock: Clock;
  readonly #gatherMs: number;
  #gathering: Timer | undefined;
  #isClosed = false;

  private constructor(worker: Worker, options: SqliteStoreOptions) {
    this.#worker = worker;
    this.#path = options.path;
    this.#clock = options.clock;
    this.#gatherMs = options.gatherMs ?? 0;
    this.now = createSteadyNow(options.clock);
    this.#exited = new Promise((resolve) => worker.once('exit', () => resolve()));
    worker.on('message', (message) => this.#onAnswer(answerOf(message)));
    worker.on('error', (error) => this.#failAll(error));
    worker.once('exit', () => this.#failAll(ledgerClosed()));
  }

  /** @throws {RapportError} `ERR_LEDGER_LOCKED`, `ERR_LEDGER_OPEN` */
  static async open(options: SqliteStoreOptions): Promise<SqliteStore> {
    const setup: ThreadSetup = {
      path: options.path,
      readOnly: options.readOnly ?? false,
      since: new Date(options.clock.wallMs()).toISOString(),
    };
    // The build renames the file beside this one just as it renames this one.
    const file = import.meta.url.endsWith('.ts') ? './thread.ts' : './thread.js';
    const worker = new Worker(new URL(file, import.meta.url), {
      workerData: setup,
      resourceLimits: THREAD_LIMITS,
    });
    const answer = await new Promise<WireAnswer>((resolve, reject) => {
      worker.once('message', (message) => resolve(answerOf(message)));
      worker.once('error', reject);
    });
    if (answer.kind === 'unusable') throw openingError(options.path, answer.error);
    return new SqliteStore(worker, options);
  }

  run(unit: Unit, when: When = 'now'): Promise<UnitResult> {
    return this.#send({ kind: 'unit', statements: this.#toWire(unit) }, when);
  }

  async read(statement: Statement, when: When = 'now'): Promise<readonly SqlRow[]> {
    const result = await this.#send({ kind: 'read', statements: this.#toWire([statement]) }, when);
    return result === 'refused' ? [] : (result[0] ?? []);
  }

  async define(texts: readonly string[]): Promise<void> {
    await this.#send({ kind: 'define', texts }, 'now');
  }

  async scrub(): Promise<void> {
    await this.#send({ kind: 'scrub' }, 'now');
  }

  publish(): void {
    // One process holds the file, so there is nobody else to tell.
  }

  subscribe(): () => void {
    return () => undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      this.#post('soon');
      this.#post('now');
      this.#worker.postMessage(toMessage({ kind: 'close' }));
    }
    await this.#exited;
  }

  #send(work: Work, when: When): Promise<UnitResult> {
    if (this.#isClosed) return Promise.reject(ledgerClosed());
    const job = ++this.#lastJob;
    if (when === 'soon' && this.#gatherMs > 0) this.#gather({ ...work, job });
    else this.#hurry({ ...work, job });
    return new Promise((resolve, reject) => {
      this.#waiting.set(job, { kind: work.kind, resolve, reject });
    });
  }

  #gather(job: WireJob): void {
    this.#gathered.push(job);
    if (this.#gathered.length >= MAX_GATHERED) this.#post('soon');
    else this.#gathering ??= this.#clock.timer(this.#gatherMs, () => this.#post('soon'));
  }

  #hurry(job: WireJob): void {
    this.#urgent.push(job);
    if (this.#urgent.length === 1) setImmediate(() => this.#post('now'));
  }

  #post(when: When): void {
    const jobs = when === 'now' ? this.#urgent : this.#gathered;
    if (when === 'now') this.#urgent = [];
    else {
      this.#gathering?.cancel();
      this.#gathering = undefined;
      this.#gathered = [];
    }
    if (jobs.length === 0) return;
    this.#worker.postMessage(toMessage({ kind: 'work', texts: this.#newTexts, jobs }));
    this.#newTexts = [];
  }

  #toWire(unit: Unit): WireStatement[] {
    const now = this.now();
    return unit.map((statement): WireStatement => {
      const { order } = statement.query.text(this.dialect);
      return [
        this.#textId(statement.query),
        statement.guard === true,
        valuesOf(statement, order, now),
      ];
    });
  }

  #textId(query: Query): number {
    const known = this.#textIds.get(query);
    if (known !== undefined) return known;
    const id = this.#textIds.size + 1;
    this.#textIds.set(query, id);
    this.#newTexts.push([id, query.text(this.dialect).text]);
    return id;
  }

  #onAnswer(answer: WireAnswer): void {
    if (answer.kind !== 'results') return;
    for (const [job, result] of answer.results) {
      const waiting = this.#waiting.get(job);
      this.#waiting.delete(job);
      if (waiting !== undefined) settle(waiting, result, this.#path);
    }
  }

  #failAll(error: unknown): void {
    this.#isClosed = true;
    this.#gathering?.cancel();
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
  }
}

function settle(waiting: Waiting, result: WireResult, path: string): void {
  switch (result.kind) {
    case 'rows':
      waiting.resolve(result.rows);
      return;
    case 'refused':
      waiting.resolve('refused');
      return;
    case 'failed': {
      const failed = waiting.kind === 'read' ? readFailed : writeFailed;
      waiting.reject(failed(new Error(result.error.message), `sqlite:${path}`));
    }
  }
}

function openingError(path: string, error: WireError): Error {
  return error.name === 'LockHeldError'
    ? ledgerLocked(path, error.holder ?? 'another process')
    : ledgerUnusable(path, new Error(error.message));
}
