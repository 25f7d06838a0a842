import type { Command } from 'commander';
import type { CliContext } from './shared/context.ts';

interface ServeFlags {
  readonly config?: string;
  readonly json?: boolean;
}

export function addServeCommand(program: Command, { io, run }: CliContext): void {
  program
    .command('serve')
    .description('run the service: listen to queues, enrich, write, prove')
    .option(
      '-c, --config <file>',
      'configuration (default: rapport.yaml here, else the environment)',
    )
    .option('--json', 'log JSON, also on a terminal (elsewhere it always is)')
    .option('--no-json', 'log lines for people, also where no terminal is')
    .action((flags: ServeFlags) =>
      run(async () => {
        const { runService } = await import('../serving/run-service.ts');
        await runService(flags, io);
      }),
    );
}
