#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { CliIo } from './terminal/io.ts';

// Not Node's own choice, the folder for temporary files: what lies there anybody on the machine may
// have put there, and it is run. NODE_COMPILE_CACHE goes before; where nothing can be kept, nothing is.
enableCompileCache(join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'rapport-cx'));
const { runCli } = await import('./program.ts');

const stop = new AbortController();
let asked = 0;
const onSignal = (): void => {
  asked += 1;
  // The second request means now: whatever still runs is abandoned, and the ledger takes it up at the next start.
  if (asked > 1) process.exit(130);
  stop.abort(new Error('stopped by the user'));
};
process.on('SIGINT', onSignal);
process.on('SIGTERM', onSignal);
// A reader that goes away (`rapport … | head`) ends the command, not with a stack trace.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const io: CliIo = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  env: process.env,
  cwd: process.cwd(),
  stdin: process.stdin,
  signal: stop.signal,
  isTerminal: process.stdout.isTTY,
  columns: process.stdout.columns ?? 100,
  onReload: (listener) => {
    process.on('SIGHUP', listener);
    return () => process.off('SIGHUP', listener);
  },
  log: { descriptor: 2, isTerminal: process.stderr.isTTY },
};

process.exitCode = await runCli(process.argv.slice(2), io);
