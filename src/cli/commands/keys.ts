import { InvalidArgumentError, Option, type Command } from 'commander';
import { SCOPES, type Scope } from '../../access/principal.ts';
import type { CliContext } from './shared/context.ts';
import type { CreateKeyFlags } from '../configuration/api-keys.ts';
import type { ConfigFlags } from '../configuration/load-configuration.ts';
import { withConfig, withJson } from './shared/options.ts';

export function addKeysCommands(program: Command, { io, run }: CliContext): void {
  const keys = program.command('keys').description('API keys of programs that call the service');

  withJson(
    keys
      .command('create')
      .description('make a key; prints it once, with the entry for the configuration')
      .argument('<name>', 'who has it, as the audit log names them'),
  )
    .addOption(
      new Option('--scope <scope...>', 'what it may be used for; may be given several times')
        .choices(SCOPES)
        .makeOptionMandatory(),
    )
    .option('--expires <instant>', 'ISO 8601 with a zone; without it, never', parseInstant)
    .action(
      (
        name: string,
        flags: Omit<CreateKeyFlags, 'scopes'> & { readonly scope: readonly Scope[] },
      ) =>
        run(async () => {
          const { createApiKey } = await import('../configuration/api-keys.ts');
          createApiKey(name, { ...flags, scopes: flags.scope }, io);
        }),
    );

  withJson(
    withConfig(keys.command('list').description('list the keys of the configuration')),
  ).action((flags: ConfigFlags) =>
    run(async () => {
      const { listApiKeys } = await import('../configuration/api-keys.ts');
      listApiKeys(flags, io);
    }),
  );

  withJson(
    withConfig(
      keys
        .command('revoke')
        .description(
          'take a key out of the configuration file, and have the running service read it again',
        )
        .argument('<name>', 'its name'),
    ),
  ).action((name: string, flags: ConfigFlags) =>
    run(async () => {
      const { revokeApiKey } = await import('../configuration/api-keys.ts');
      await revokeApiKey(name, flags, io);
    }),
  );
}

function parseInstant(text: string): number {
  const at = Date.parse(text);
  if (/(?:Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(at)) return at;
  throw new InvalidArgumentError('Expected an instant such as 2027-01-31T00:00:00Z.');
}
