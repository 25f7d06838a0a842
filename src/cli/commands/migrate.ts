import type { Command } from 'commander';
import type { CliContext } from './shared/context.ts';
import type { ConfigFlags } from '../configuration/load-configuration.ts';
import { withConfig } from './shared/options.ts';

export function addMigrateCommand(program: Command, { io, run }: CliContext): void {
  withConfig(
    program
      .command('migrate')
      .description('bring the ledger’s tables up to date; every start does so too'),
  ).action((flags: ConfigFlags) =>
    run(async () => {
      const { migrateLedger } = await import('../ledger/migrate-ledger.ts');
      await migrateLedger(flags, io);
    }),
  );
}
