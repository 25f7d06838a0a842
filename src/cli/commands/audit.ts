import type { Command } from 'commander';
import type { CliContext } from './shared/context.ts';
import { EXIT } from '../terminal/exit.ts';
import type { ConfigFlags } from '../configuration/load-configuration.ts';
import { parsePositive, withConfig, withJson } from './shared/options.ts';

interface ListFlags extends ConfigFlags {
  readonly conversation?: string;
  readonly limit: number;
}

export function addAuditCommands(program: Command, { io, run }: CliContext): void {
  const audit = program
    .command('audit')
    .description('who did what to which keys: list, verify, export');

  withJson(withConfig(audit.command('list').description('list the latest rows, newest first')))
    .option('--conversation <id>', 'only those of one conversation')
    .option('--limit <count>', 'at most this many', parsePositive, 50)
    .action((flags: ListFlags) =>
      run(async () => {
        const { listAudit } = await import('../ledger/audit-rows.ts');
        await listAudit(flags, io);
      }),
    );

  withJson(
    withConfig(
      audit.command('verify').description('check the whole chain; exits 1 where it does not hold'),
    ),
  ).action((flags: ConfigFlags) =>
    run(async () => {
      const { verifyAudit } = await import('../ledger/audit-rows.ts');
      return (await verifyAudit(flags, io)) ? EXIT.done : EXIT.failures;
    }),
  );

  withConfig(
    audit
      .command('export')
      .description('print every sealed row in the order of the chain, one JSON object a line'),
  ).action((flags: ConfigFlags) =>
    run(async () => {
      const { exportAudit } = await import('../ledger/audit-rows.ts');
      await exportAudit(flags, io);
    }),
  );
}
