import { destination } from 'pino';
import type { Clock } from '../../lib/clock.ts';

/** Lines that wait for a slow reader, in bytes; beyond it, lines are dropped and counted. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024;
/** Lines are written so many bytes at a time, or this often: each write is a trip to another thread. */
const WRITE_BYTES = 4096;
const WRITE_EVERY_MS = 50;
/** How long the last lines may take at shutdown, in milliseconds. */
const FLUSH_MS = 2000;

/** Where lines are written without anybody waiting for it. */
export interface LogFile extends AsyncDisposable {
  write(line: string): void;
  /** Lines that were dropped because their reader was too slow. */
  readonly dropped: number;
}

/**
 * Writes lines to an open file descriptor, off the event loop: a reader of the log who stands still
 * holds back no conversation. What was written is flushed when it is disposed, or when the process exits.
 */
export function openLogFile(descriptor: number, clock: Clock): LogFile {
  const file = destination({
    dest: descriptor,
    sync: false,
    maxLength: MAX_WAITING_BYTES,
    minLength: WRITE_BYTES,
    periodicFlush: WRITE_EVERY_MS,
  });
  let dropped = 0;
  file.on('drop', () => {
    dropped += 1;
  });
  return {
    write: (line) => void file.write(line),
    get dropped() {
      return dropped;
    },
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        const late = clock.timer(FLUSH_MS, () => file.destroy());
        file.once('close', () => {
          late.cancel();
          resolve();
        });
        file.end();
      }),
  };
}
