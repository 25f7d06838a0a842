import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit.ts';
import { withConfig, withJson, type ConfigFlags } from '../options.ts';

export function addVerifyCommand(program: Command, { io, run }: CliContext): void {
  withJson(
    withConfig(
      program
        .command('verify')
        .description(
          'what Architect will see, key by key, and why not; exits 1 when something is amiss',
        )
        .argument('[conversation]', 'its id')
        .argument('[keys...]', 'only these keys'),
    ),
  ).action((id: string | undefined, keys: readonly string[], flags: ConfigFlags) =>
    run(async () => {
      const { verifyConversation } = await import('../platform/verify.ts');
      const isGood = await verifyConversation(id, { keys, flags }, io);
      return isGood ? EXIT.done : EXIT.failures;
    }),
  );
}
