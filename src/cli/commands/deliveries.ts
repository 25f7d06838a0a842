import { Option, type Command } from 'commander';
import type { CliContext } from './shared/context.ts';
import type { ListDeliveriesFlags } from '../ledger/outbox-messages.ts';
import type { ConfigFlags } from '../configuration/load-configuration.ts';
import { parsePositive, withConfig, withJson } from './shared/options.ts';

export function addDeliveriesCommands(program: Command, { io, run }: CliContext): void {
  const deliveries = program
    .command('deliveries')
    .description('messages to webhooks: list, send again');

  withJson(withConfig(deliveries.command('list').description('list messages, the newest first')))
    .addOption(
      new Option('--state <state>', 'only those').choices(['waiting', 'sending', 'sent', 'dead']),
    )
    .option('--destination <name>', 'only those to one destination')
    .option('--conversation <id>', 'only those of one conversation')
    .option('--limit <count>', 'at most this many', parsePositive, 50)
    .action((flags: ListDeliveriesFlags) =>
      run(async () => {
        const { listDeliveries } = await import('../ledger/outbox-messages.ts');
        await listDeliveries(flags, io);
      }),
    );

  withJson(
    withConfig(
      deliveries
        .command('replay')
        .description('send a dead or sent message again')
        .argument('<id>', 'its id, as list shows it'),
    ),
  ).action((id: string, flags: ConfigFlags) =>
    run(async () => {
      const { replayDelivery } = await import('../ledger/outbox-messages.ts');
      await replayDelivery(id, flags, io);
    }),
  );
}
