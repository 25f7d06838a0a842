import { InvalidArgumentError, type Command } from 'commander';
import type { EraseFlags } from '../ledger/erase-person.ts';
import type { CliContext } from './shared/context.ts';
import { withConfig, withJson } from './shared/options.ts';

export function addEraseCommand(program: Command, { io, run }: CliContext): void {
  withJson(
    withConfig(
      program
        .command('erase')
        .description(
          'remove a person from the ledger and every service’s memory; the audit’s chain still holds',
        ),
    ),
  )
    .option('--phone <number>', 'by phone number, as E.164')
    .option('--customer <id>', 'by the customer’s id or e-mail; both may be given')
    .option('--linked', 'also conversations that share another key with those found')
    .action((flags: EraseFlags) =>
      run(async () => {
        if (flags.phone === undefined && flags.customer === undefined) {
          throw new InvalidArgumentError('Give --phone, --customer or both.');
        }
        const { erasePerson } = await import('../ledger/erase-person.ts');
        await erasePerson(flags, io);
      }),
    );
}
