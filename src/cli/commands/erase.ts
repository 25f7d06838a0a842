import { InvalidArgumentError, type Command } from 'commander';
import type { CliContext } from './shared/context.ts';
import type { ConfigFlags } from '../configuration/load-configuration.ts';
import { withConfig, withJson } from './shared/options.ts';

interface EraseFlags extends ConfigFlags {
  readonly phone?: string;
  readonly customer?: string;
}

export function addEraseCommand(program: Command, { io, run }: CliContext): void {
  withJson(
    withConfig(
      program
        .command('erase')
        .description(
          'remove a person from ledger, outbox, feed and cache; the audit’s chain still holds',
        ),
    ),
  )
    .option('--phone <number>', 'by phone number, as E.164')
    .option('--customer <id>', 'by the customer’s id')
    .action((flags: EraseFlags) =>
      run(async () => {
        if ((flags.phone === undefined) === (flags.customer === undefined)) {
          throw new InvalidArgumentError('give --phone or --customer, one of the two.');
        }
        const { erasePerson } = await import('../ledger/erase-person.ts');
        await erasePerson(flags, io);
      }),
    );
}
