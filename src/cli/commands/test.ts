import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { CliContext } from './shared/context.ts';
import { EXIT } from '../terminal/exit.ts';
import { withConfig, withJson } from './shared/options.ts';
import type { TestFlags } from '../configuration/run-mapping-cases.ts';

export function addTestCommand(program: Command, { io, run }: CliContext): void {
  withJson(
    withConfig(
      program
        .command('test')
        .description('run the test cases of the configuration; asks no source and sends nothing')
        .argument('[config]', 'the configuration to test (the same as --config)'),
    ),
  )
    .option(
      '--flow <file>',
      'a flow as JSON or YAML, whose declared inputs hold for every case that gives none',
    )
    .action((file: string | undefined, flags: TestFlags) =>
      run(async () => {
        const { testConfiguration } = await import('../configuration/run-mapping-cases.ts');
        const config = file === undefined ? flags : { ...flags, config: resolve(io.cwd, file) };
        return (await testConfiguration(config, io)) ? EXIT.done : EXIT.failures;
      }),
    );
}
