import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { withConfig, type ConfigFlags } from '../options.ts';

export function addMigrateCommand(program: Command, { io, run }: CliContext): void {
  withConfig(
    program
      .command('migrate')
      .description('bring the ledger’s tables up to date; every start does so too'),
  ).action((flags: ConfigFlags) =>
    run(async () => {
      const { migrateLedger } = await import('../migrate.ts');
      await migrateLedger(flags, io);
    }),
  );
}
