import { Option, type Command } from 'commander';
import type { CliContext } from './shared/context.ts';
import type { ListConversationsFlags } from '../ledger/known-conversations.ts';
import type { ConfigFlags } from '../configuration/load-configuration.ts';
import { parsePairs, parsePositive, withConfig, withJson } from './shared/options.ts';
import type { CreateFlags } from '../platform/create-and-end.ts';

export function addConversationsCommands(program: Command, { io, run }: CliContext): void {
  const conversations = program
    .command('conversations')
    .description('conversations in the ledger; and start and end some, for tests');

  addLedgerCommands(conversations, { io, run });

  withJson(
    withConfig(
      conversations
        .command('create')
        .description('start a conversation for a test, as a customer would; prints its id'),
    ),
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
        const { createConversation } = await import('../platform/create-and-end.ts');
        await createConversation({ flags, attributes: parsePairs(flags.attribute ?? []) }, io);
      }),
    );

  withJson(
    withConfig(
      conversations
        .command('end')
        .description('end a conversation, for everybody on it')
        .argument('[conversation]', 'its id (default: GENESYS_CONVERSATION_ID)'),
    ),
  ).action((id: string | undefined, flags: ConfigFlags) =>
    run(async () => {
      const { endConversation } = await import('../platform/create-and-end.ts');
      await endConversation(id, flags, io);
    }),
  );
}

function addLedgerCommands(conversations: Command, { io, run }: CliContext): void {
  withJson(
    withConfig(
      conversations
        .command('list')
        .description('list conversations in the ledger, the last changed first'),
    ),
  )
    .addOption(
      new Option('--phase <phase>', 'only those; dead ones were set aside').choices([
        'idle',
        'due',
        'leased',
        'dead',
        'closed',
      ]),
    )
    .option('--limit <count>', 'at most this many', parsePositive, 50)
    .action((flags: ListConversationsFlags) =>
      run(async () => {
        const { listConversations } = await import('../ledger/known-conversations.ts');
        await listConversations(flags, io);
      }),
    );

  withJson(
    withConfig(
      conversations
        .command('replay')
        .description('enrich a conversation anew that was set aside')
        .argument('<conversation>', 'its id'),
    ),
  ).action((id: string, flags: ConfigFlags) =>
    run(async () => {
      const { replayConversation } = await import('../ledger/known-conversations.ts');
      await replayConversation(id, flags, io);
    }),
  );
}
