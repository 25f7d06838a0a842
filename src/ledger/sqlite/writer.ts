import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { SqlRow } from '../sql/statement.ts';
import { toWireError, type WireJob, type WireResult, type WireStatement } from './protocol.ts';

type UnitJob = Extract<WireJob, { kind: 'unit' }>;

/**
 * Runs jobs against one SQLite connection. Units that are there together share one transaction and so
 * one fsync. A bad one undoes it, and then each is run by itself, so that it fails alone: savepoints
 * would do that too, and copy every page that a unit changes, beyond 64 KiB to a file of their own.
 * Nothing is answered before the commit has returned.
 */
export class Writer {
  readonly #db: DatabaseSync;
  readonly #texts = new Map<number, string>();
  readonly #prepared = new Map<number, Prepared>();

  /** What stands around every batch, prepared once. */
  readonly #frame: Readonly<Record<'begin' | 'commit', StatementSync>>;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#frame = {
      begin: db.prepare('begin immediate'),
      commit: db.prepare('commit'),
    };
  }

  learn(texts: readonly (readonly [number, string])[]): void {
    for (const [id, text] of texts) this.#texts.set(id, text);
  }

  /** Runs the jobs in their order, units that stand together as one transaction. */
  run(jobs: readonly WireJob[]): [number, WireResult][] {
    const results: [number, WireResult][] = [];
    let units: UnitJob[] = [];
    const flush = (): void => {
      results.push(...this.#commit(units));
      units = [];
    };
    for (const job of jobs) {
      if (job.kind === 'unit') {
        units.push(job);
        continue;
      }
      flush();
      results.push([job.job, attempt(() => this.#alone(job))]);
    }
    flush();
    return results;
  }

  #alone(job: Exclude<WireJob, UnitJob>): WireResult {
    if (job.kind === 'read') return { kind: 'rows', rows: job.statements.map((s) => this.#all(s)) };
    if (job.kind === 'scrub') {
      // What was overwritten or removed stands in the journal until that is taken in and cut.
      this.#db.exec('pragma wal_checkpoint(truncate)');
      return { kind: 'rows', rows: [] };
    }
    this.#db.exec('begin immediate');
    try {
      for (const text of job.texts) this.#db.exec(text);
      this.#db.exec('commit');
    } catch (error) {
      this.#rollback();
      throw error;
    }
    return { kind: 'rows', rows: [] };
  }

  #commit(units: readonly UnitJob[]): [number, WireResult][] {
    if (units.length === 0) return [];
    try {
      this.#frame.begin.run();
      const results = this.#together(units);
      if (results === undefined) return units.flatMap((unit) => this.#commit([unit]));
      this.#frame.commit.run();
      return results;
    } catch (error) {
      this.#rollback();
      const result: WireResult = error instanceof Refusal ? { kind: 'refused' } : failed(error);
      return units.map(({ job }) => [job, result]);
    }
  }

  /** Undefined when one of several failed: nothing of any has happened then. */
  #together(units: readonly UnitJob[]): [number, WireResult][] | undefined {
    try {
      return units.map(({ job, statements }) => [job, this.#unit(statements)]);
    } catch (error) {
      if (units.length === 1) throw error;
      this.#rollback();
      return undefined;
    }
  }

  #unit(statements: readonly WireStatement[]): WireResult {
    const rows: SqlRow[][] = [];
    for (const statement of statements) {
      const [found, touched] = this.#execute(statement);
      if (statement[1] && touched === 0) {
        // A guard that comes first has nothing to undo.
        if (rows.length === 0) return { kind: 'refused' };
        throw new Refusal();
      }
      rows.push(found);
    }
    return { kind: 'rows', rows };
  }

  #rollback(): void {
    if (this.#db.isTransaction) this.#db.exec('rollback');
  }

  #execute(statement: WireStatement): [rows: SqlRow[], touched: number] {
    const prepared = this.#prepare(statement[0]);
    if (prepared.returnsRows) {
      const rows = prepared.statement.all(...statement[2]) as SqlRow[];
      return [rows, rows.length];
    }
    return [[], Number(prepared.statement.run(...statement[2]).changes)];
  }

  #all(statement: WireStatement): SqlRow[] {
    return this.#execute(statement)[0];
  }

  #prepare(id: number): Prepared {
    const known = this.#prepared.get(id);
    if (known !== undefined) return known;
    const statement = this.#db.prepare(this.#texts.get(id) ?? '');
    const fresh = { statement, returnsRows: statement.columns().length > 0 };
    this.#prepared.set(id, fresh);
    return fresh;
  }
}

interface Prepared {
  readonly statement: StatementSync;
  readonly returnsRows: boolean;
}

function attempt(run: () => WireResult): WireResult {
  try {
    return run();
  } catch (error) {
    return failed(error);
  }
}

/** A guard touched nothing after other statements of its unit had run. */
class Refusal extends Error {}

const failed = (error: unknown): WireResult => ({ kind: 'failed', error: toWireError(error) });
