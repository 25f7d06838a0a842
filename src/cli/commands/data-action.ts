import type { Command } from 'commander';
import type { CliContext } from './shared/context.ts';
import type { DataActionFlags } from '../configuration/export-data-actions.ts';
import { withConfig, withJson } from './shared/options.ts';

export function addDataActionCommands(program: Command, { io, run }: CliContext): void {
  const dataAction = program
    .command('data-action')
    .description('data actions by which a flow asks the service');

  withJson(
    withConfig(
      dataAction
        .command('export')
        .description(
          'write the files to import under Integrations > Actions: look up, and enrich this conversation',
        ),
    ),
  )
    .requiredOption('--url <url>', 'where Genesys Cloud reaches this service: https://…')
    .option('--prefix <text>', 'put before the names of the actions (default: Rapport)')
    .option('--out <folder>', 'write the files there instead of printing them')
    .action((flags: DataActionFlags) =>
      run(async () => {
        const { exportDataActions } = await import('../configuration/export-data-actions.ts');
        await exportDataActions(flags, io);
      }),
    );
}
