import type { Command } from 'commander';
import type { CliContext } from '../context.ts';

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
    .option('--json', 'log as one JSON object a line')
    .action((flags: ServeFlags) =>
      run(async () => {
        const { runService } = await import('../run-service.ts');
        await runService(flags, io);
      }),
    );
}
