import { Option, type Command } from 'commander';
import type { CliContext } from './shared/context.ts';
import { parseCount, parsePort } from './shared/options.ts';
import type { EmulatorRun } from '../serving/run-emulator.ts';

/** The emulator's own port, when nothing else is asked for. */
const DEFAULT_PORT = 8090;
/** As of an emulator that is started by a program; not imported, so that `--help` loads no emulator. */
const DEFAULT_LAG_MS = 100;

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
    .option(
      '--clock <clock>',
      'real, manual (moved by POST /control/clock/advance), or a factor: 60 is an hour in a minute',
      'real',
    )
    .addOption(
      new Option(
        '--profile <name>',
        'what it answers: the platform’s contract, or what public tutorials tell beside it',
      )
        .choices(['platform', 'tutorials'])
        .default('platform'),
    )
    .option(
      '--public-key <file>',
      'PEM of the key by which the client signs in, with --profile tutorials',
    )
    .option('--json', 'print where it listens as one line of JSON')
    .action((flags: EmulatorRun) =>
      run(async () => {
        const { runEmulator } = await import('../serving/run-emulator.ts');
        await runEmulator(flags, io);
      }),
    );
}
