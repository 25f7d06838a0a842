import type { Command } from 'commander';
import type { CliContext } from './shared/context.ts';
import { EXIT } from '../terminal/exit.ts';
import type { InspectFlags } from '../enrich/inspect-conversations.ts';
import { withConfig, withJson } from './shared/options.ts';

export function addInspectCommand(program: Command, { io, run }: CliContext): void {
  withJson(
    withConfig(
      program
        .command('inspect')
        .description('show what would be written to a conversation, and why; writes nothing')
        .argument(
          '[ids...]',
          'conversation ids (default: CONVERSATION_IDS, GENESYS_CONVERSATION_ID)',
        ),
    ),
  )
    .option('--participant <id>', 'look at this participant instead of the customer’s')
    .option('--purpose <purpose>', 'look at the first participant of this purpose')
    .option('--external-id <id>', 'the customer’s id in your systems')
    .option('--phone <number>', 'the customer’s number, instead of the conversation’s')
    .option('--email <address>', 'the customer’s e-mail address')
    .option('--mask', 'show no values')
    .action((ids: readonly string[], flags: InspectFlags) =>
      run(async () => {
        const { inspectConversations } = await import('../enrich/inspect-conversations.ts');
        return (await inspectConversations(ids, flags, io)) ? EXIT.done : EXIT.failures;
      }),
    );
}
