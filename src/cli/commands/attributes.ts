import { InvalidArgumentError, type Command } from 'commander';
import type { CliContext } from './shared/context.ts';
import { EXIT } from '../terminal/exit.ts';
import { parsePairs, parsePositive, withConfig, withJson } from './shared/options.ts';
import type { SetFlags } from '../platform/attributes/set.ts';
import type { WatchFlags } from '../platform/attributes/watch.ts';
import type { TargetFlags } from '../platform/attributes/target.ts';

/** How often a watched conversation is read, in milliseconds: 30 of the 300 requests a minute that a token has. */
const WATCH_EVERY_MS = 2_000;

export function addAttributesCommands(program: Command, { io, run }: CliContext): void {
  const attributes = program
    .command('attributes')
    .description('attributes of participants: read, set, watch');
  named(
    attributes
      .command('get')
      .description('print every participant’s attributes')
      .argument('[conversation]', 'its id (default: GENESYS_CONVERSATION_ID)'),
  )
    .option('--ended', 'from analytics, which has ended conversations too, some minutes late')
    .action((id: string | undefined, flags: TargetFlags & { readonly ended?: boolean }) =>
      run(async () => {
        const { getAttributes } = await import('../platform/attributes/get.ts');
        await getAttributes(id, flags, io);
      }),
    );

  named(
    attributes
      .command('set')
      .description(
        'set keys on the customer’s participant and prove them; exits 1 where one does not show',
      )
      .argument('[conversation]', 'its id (default: GENESYS_CONVERSATION_ID)')
      .argument('[pairs...]', 'key=value'),
  )
    .option('--remove <key...>', 'keys to remove (an empty text is written)')
    .action((first: string | undefined, rest: readonly string[], flags: SetFlags) =>
      run(async () => {
        const { id, pairs } = splitWords(first, rest);
        if (pairs.length === 0 && flags.remove === undefined) {
          throw new InvalidArgumentError('Give key=value, or keys to --remove.');
        }
        const { setAttributes } = await import('../platform/attributes/set.ts');
        const isProved = await setAttributes(id, { values: parsePairs(pairs), flags }, io);
        return isProved ? EXIT.done : EXIT.failures;
      }),
    );

  named(
    attributes
      .command('watch')
      .description('print a line for each change as it happens, until the conversation ends')
      .argument('[conversation]', 'its id (default: GENESYS_CONVERSATION_ID)'),
  )
    .option(
      '--every <ms>',
      'how often it is read where its events cannot be had; each look is one request',
      parsePositive,
      WATCH_EVERY_MS,
    )
    .action((id: string | undefined, flags: WatchFlags) =>
      run(async () => {
        const { watchAttributes } = await import('../platform/attributes/watch.ts');
        await watchAttributes(id, flags, io);
      }),
    );
}

/** No id has a `=` in it: a first word that has one is a pair, and the environment names the conversation. */
function splitWords(
  first: string | undefined,
  rest: readonly string[],
): { readonly id: string | undefined; readonly pairs: readonly string[] } {
  return first?.includes('=') === true
    ? { id: undefined, pairs: [first, ...rest] }
    : { id: first, pairs: rest };
}

function named(command: Command): Command {
  return withJson(withConfig(command)).option(
    '--participant <id...>',
    'only these participants (default: all to read, the customer to set)',
  );
}
