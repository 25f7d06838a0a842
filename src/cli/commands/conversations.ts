import { Option, type Command } from 'commander';
import type { CliContext } from '../context.ts';
import { parsePairs, withConfig, withJson, type ConfigFlags } from '../options.ts';
import type { CreateFlags } from '../platform/conversations.ts';

export function addConversationsCommands(program: Command, { io, run }: CliContext): void {
  const conversations = program
    .command('conversations')
    .description('create and end conversations, for tests');

  withJson(
    withConfig(conversations.command('create').description('as a customer would; prints the id')),
  )
    .addOption(
      new Option('--medium <medium>', 'message (needs --integration), callback or email')
        .choices(['message', 'callback', 'email'])
        .default('callback'),
    )
    .option(
      '--queue <name>',
      'queue for callbacks and e-mails, by name or id (default: the first listened to)',
    )
    .option('--from <address>', 'the customer’s number, e-mail address or id')
    .option('--integration <id>', 'open-messaging integration, for messages')
    .option('--text <text>', 'what the customer writes', 'A test conversation.')
    .option('--attribute <pair...>', 'key=value that the customer brings along')
    .action((flags: CreateFlags & { readonly attribute?: readonly string[] }) =>
      run(async () => {
        const { createConversation } = await import('../platform/conversations.ts');
        await createConversation({ flags, attributes: parsePairs(flags.attribute ?? []) }, io);
      }),
    );

  withJson(
    withConfig(
      conversations
        .command('end')
        .description('for everybody on it')
        .argument('[conversation]', 'its id'),
    ),
  ).action((id: string | undefined, flags: ConfigFlags) =>
    run(async () => {
      const { endConversation } = await import('../platform/conversations.ts');
      await endConversation(id, flags, io);
    }),
  );
}
