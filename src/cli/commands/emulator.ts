import { InvalidArgumentError, type Command } from 'commander';
import type { CliContext } from '../context.ts';

interface EmulatorFlags {
  readonly port: number;
  readonly host: string;
  readonly lag: number;
  readonly seed: number;
  readonly json?: boolean;
}

/** The emulator's own port, when nothing else is asked for. */
const DEFAULT_PORT = 8090;
const DEFAULT_LAG_MS = 120;

export function addEmulatorCommand(program: Command, { io, run }: CliContext): void {
  program
    .command('emulator')
    .description('run Genesys Cloud on this machine: state in memory, no account')
    .option('--port <port>', 'port to listen on; 0 takes any free one', parsePort, DEFAULT_PORT)
    .option('--host <host>', 'address to listen on', '127.0.0.1')
    .option(
      '--lag <ms>',
      'how long after its 202 a write of attributes is applied',
      parseCount,
      DEFAULT_LAG_MS,
    )
    .option(
      '--seed <number>',
      'seed of ids and chance: the same seed gives the same run',
      parseCount,
      1,
    )
    .option('--json', 'print where it listens as one line of JSON')
    .action((flags: EmulatorFlags) =>
      run(async () => {
        const { runEmulator } = await import('../run-emulator.ts');
        await runEmulator(flags, io);
      }),
    );
}

function parsePort(text: string): number {
  const port = parseCount(text);
  if (port > 65_535) throw new InvalidArgumentError('a port is a number from 0 to 65535.');
  return port;
}

function parseCount(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('a whole number from 0 is needed.');
  return Number(text);
}
