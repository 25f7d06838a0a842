import { CommanderError, InvalidArgumentError } from 'commander';
import { isRapportError, messageOf } from '../../domain/errors.ts';
import type { CliIo } from './io.ts';

/** What the shell is told. */
export const EXIT = {
  done: 0,
  /** The command ran, and something in it failed. */
  failures: 1,
  /** Wrong usage or configuration: nothing was done. */
  usage: 2,
} as const;

export type ExitStatus = (typeof EXIT)[keyof typeof EXIT];

/** Prints what went wrong and what to do next, and says how the process should end. */
export function reportError(error: unknown, io: CliIo): ExitStatus {
  // The parser prints what it refuses itself; this one was thrown by a command.
  if (error instanceof InvalidArgumentError) io.err(`rapport: ${error.message}\n`);
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  if (isRapportError(error)) {
    io.err(`rapport: ${error.message}\n`);
    if (error.nextStep !== undefined) io.err(`  → ${error.nextStep}\n`);
    return error.fault === 'user' ? EXIT.usage : EXIT.failures;
  }
  io.err(`rapport: ${messageOf(error)}\n`);
  if (io.env['RAPPORT_DEBUG'] !== undefined && error instanceof Error) io.err(`${error.stack}\n`);
  else io.err('  → This looks like a defect. Run again with RAPPORT_DEBUG=1 to see where.\n');
  return EXIT.failures;
}
