import type { Command } from 'commander';
import type { CliContext } from './shared/context.ts';
import { EXIT } from '../terminal/exit.ts';
import type { ConfigFlags } from '../configuration/load-configuration.ts';
import { withConfig, withJson } from './shared/options.ts';

export function addVerifyCommand(program: Command, { io, run }: CliContext): void {
  withJson(
    withConfig(
      program
        .command('verify')
        .description(
          'what Architect will see, key by key, and why not; exits 1 when something is amiss',
        )
        .argument('[conversation]', 'its id (default: GENESYS_CONVERSATION_ID)')
        .argument('[keys...]', 'only these keys'),
    ),
  ).action((id: string | undefined, keys: readonly string[], flags: ConfigFlags) =>
    run(async () => {
      const { verifyConversation } = await import('../platform/verify-conversation.ts');
      const isGood = await verifyConversation(id === undefined ? [] : [id, ...keys], flags, io);
      return isGood ? EXIT.done : EXIT.failures;
    }),
  );
}
