import { DatabaseSync } from 'node:sqlite';
import {
  parentPort,
  receiveMessageOnPort,
  workerData,
  type MessagePort,
} from 'node:worker_threads';
import { takeLock } from './lock-file.ts';
import {
  requestOf,
  toMessage,
  toWireError,
  type ThreadSetup,
  type WireAnswer,
  type WireJob,
  type WireRequest,
} from './protocol.ts';
import { Writer } from './writer.ts';

/** Most units that one transaction takes: a bound on how long the first waits for the last. */
const MAX_JOBS_PER_BATCH = 256;

/*
 * The thread that owns the SQLite file. SQLite is synchronous and an fsync takes as long as the
 * disk wants; here it stops nobody. While a commit runs, messages pile up, and the next commit
 * takes them all.
 */
function main(port: MessagePort, setup: ThreadSetup): void {
  const answer = (message: WireAnswer): void => port.postMessage(toMessage(message));
  try {
    const lock = setup.readOnly || setup.path === ':memory:' ? undefined : lockOf(setup);
    const db = open(setup);
    const writer = new Writer(db);
    port.on('message', (first: unknown) => {
      const { jobs, close } = collect(port, requestOf(first), writer);
      const results = writer.run(jobs);
      if (results.length > 0) answer({ kind: 'results', results });
      if (!close) return;
      db.close();
      lock?.[Symbol.dispose]();
      port.close();
    });
    answer({ kind: 'ready' });
  } catch (error) {
    answer({ kind: 'unusable', error: toWireError(error) });
    port.close();
  }
}

function lockOf(setup: ThreadSetup): Disposable {
  return takeLock(setup.path, { pid: process.pid, since: setup.since });
}

function open(setup: ThreadSetup): DatabaseSync {
  const db = new DatabaseSync(setup.path, { readOnly: setup.readOnly });
  db.exec('pragma busy_timeout = 5000');
  if (!setup.readOnly) {
    // FULL: in WAL mode anything less may lose the last commits when the power fails.
    db.exec('pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = off');
    // Personal data that is cleared or erased leaves the file, too, and not only the row.
    db.exec('pragma secure_delete = on');
    db.exec('pragma wal_autocheckpoint = 4000; pragma journal_size_limit = 67108864');
  }
  return db;
}

function collect(
  port: MessagePort,
  first: WireRequest,
  writer: Writer,
): { readonly jobs: WireJob[]; readonly close: boolean } {
  const jobs: WireJob[] = [];
  let request: WireRequest | undefined = first;
  while (request !== undefined) {
    if (request.kind === 'close') return { jobs, close: true };
    writer.learn(request.texts);
    jobs.push(...request.jobs);
    if (jobs.length >= MAX_JOBS_PER_BATCH) break;
    const next = receiveMessageOnPort(port);
    request = next === undefined ? undefined : requestOf(next.message);
  }
  return { jobs, close: false };
}

if (parentPort !== null) main(parentPort, workerData as ThreadSetup);
