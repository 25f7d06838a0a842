import type { Command } from 'commander';
import type { CliContext } from './shared/context.ts';
import type { ConfigFlags } from '../configuration/load-configuration.ts';
import { withConfig, withJson } from './shared/options.ts';

export function addConfigCommands(program: Command, { io, run }: CliContext): void {
  const config = program
    .command('config')
    .description('check, explain and reload the configuration');

  withJson(
    withConfig(
      config
        .command('check')
        .description('say everything that is wrong with the configuration, at once'),
    ),
  ).action((flags: ConfigFlags) =>
    run(async () => {
      const { checkConfiguration } = await import('../configuration/check-and-explain.ts');
      return checkConfiguration(flags, io);
    }),
  );

  withJson(
    withConfig(
      config
        .command('explain')
        .description('list every option in force, and where it comes from; secrets are masked'),
    ),
  ).action((flags: ConfigFlags) =>
    run(async () => {
      const { explainConfiguration } = await import('../configuration/check-and-explain.ts');
      explainConfiguration(flags, io);
    }),
  );

  withJson(
    withConfig(
      config
        .command('reload')
        .description(
          'have the running service read the configuration again; says what needs a restart',
        ),
    ),
  ).action((flags: ConfigFlags) =>
    run(async () => {
      const { reloadConfiguration } = await import('../configuration/reload-service.ts');
      await reloadConfiguration(flags, io);
    }),
  );

  config
    .command('schema')
    .description('print the JSON Schema of a configuration file, for editors')
    .action(() =>
      run(async () => {
        const { configJsonSchema } = await import('../../config/json-schema.ts');
        io.out(`${JSON.stringify(configJsonSchema(), undefined, 2)}\n`);
      }),
    );
}
