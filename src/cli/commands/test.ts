import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit.ts';
import { withConfig, withJson, type ConfigFlags } from '../options.ts';

export function addTestCommand(program: Command, { io, run }: CliContext): void {
  withJson(
    withConfig(
      program
        .command('test')
        .description('run the cases that are written beside the mapping; asks and sends nothing')
        .argument('[config]', 'the configuration to test (the same as --config)'),
    ),
  ).action((file: string | undefined, flags: ConfigFlags) =>
    run(async () => {
      const { testConfiguration } = await import('../test-mapping.ts');
      const config = file === undefined ? flags : { ...flags, config: resolve(io.cwd, file) };
      return (await testConfiguration(config, io)) ? EXIT.done : EXIT.failures;
    }),
  );
}
