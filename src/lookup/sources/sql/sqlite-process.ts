import { Worker } from 'node:worker_threads';

/**
 * The process that has one SQLite file open. The queries run in a thread of it, so that this
 * thread notices when the parent is gone and ends the process with them: a query that is
 * running can be stopped by nothing less.
 */
const worker = new Worker(
  new URL(
    import.meta.url.endsWith('.ts') ? './sqlite-thread.ts' : './sqlite-thread.js',
    import.meta.url,
  ),
  { workerData: JSON.parse(process.argv[2] ?? '{}') as unknown },
);

worker.on('message', (answer) => process.send?.(answer));
process.on('message', (question) => worker.postMessage(question));
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
