import type { ExitStatus } from '../../terminal/exit.ts';
import type { CliIo } from '../../terminal/io.ts';

/** Runs a command's work; it may say how the process should end, and throws what went wrong. */
export type Run = (work: () => Promise<ExitStatus | void>) => Promise<void>;

/** What every command is given. */
export interface CliContext {
  readonly io: CliIo;
  readonly run: Run;
}
