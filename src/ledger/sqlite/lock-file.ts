import { chmodSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

export interface LockFile extends Disposable {
  readonly path: string;
}

export class LockHeldError extends Error {
  override readonly name = 'LockHeldError';
  readonly holder: string;

  constructor(path: string, holder: string) {
    super(`${path} is locked by ${holder}`);
    this.holder = holder;
  }
}

/**
 * Takes `<ledger>.lock` for as long as this process lives. The file is a tiny SQLite database on
 * which a write transaction stays open: the lock is the kernel's, so it is gone the moment the
 * process is, however it ends, and a file left behind locks nobody out. Its one row says who
 * holds it, and stays readable to those who are refused.
 *
 * Kernel locks are not dependable on network file systems; a ledger belongs on a local disk.
 *
 * @throws {LockHeldError}
 */
export function takeLock(ledgerPath: string, self: { pid: number; since: string }): LockFile {
  const path = `${ledgerPath}.lock`;
  const db = new DatabaseSync(path);
  try {
    // A write transaction of its own row never needs to survive power loss: the lock would not.
    db.exec('pragma journal_mode = delete; pragma synchronous = off; pragma busy_timeout = 200');
    begin(db, path);
    // Whoever may read it may hold a lock on it, and keep the service from starting.
    chmodSync(path, 0o600);
    db.exec('create table if not exists holder (id integer primary key, pid integer, since text)');
    db.prepare('insert or replace into holder (id, pid, since) values (1, ?, ?)').run(
      self.pid,
      self.since,
    );
    db.exec('commit');
    begin(db, path);
  } catch (error) {
    db.close();
    throw error;
  }
  return { path, [Symbol.dispose]: () => db.close() };
}

function begin(db: DatabaseSync, path: string): void {
  try {
    db.exec('begin immediate');
  } catch (error) {
    if (isBusy(error)) throw new LockHeldError(path, holderOf(db));
    throw error;
  }
}

/** SQLite's primary result codes are the low byte of the extended ones. */
const SQLITE_BUSY = 5;

function isBusy(error: unknown): boolean {
  return (
    error instanceof Error &&
    'errcode' in error &&
    typeof error.errcode === 'number' &&
    (error.errcode & 0xff) === SQLITE_BUSY
  );
}

function holderOf(db: DatabaseSync): string {
  try {
    const row = db.prepare('select pid, since from holder where id = 1').get();
    return row === undefined
      ? 'another process'
      : `process ${String(row['pid'])}, which started at ${String(row['since'])}`;
  } catch {
    return 'another process'; // it is writing its name at this instant
  }
}
