import type { Command } from 'commander';
import type { CliContext } from './shared/context.ts';
import type { EnrichFlags } from '../enrich/run.ts';
import { EXIT } from '../terminal/exit.ts';
import { parsePositive, withConfig, withJson } from './shared/options.ts';

export function addEnrichCommand(program: Command, { io, run }: CliContext): void {
  withJson(
    withConfig(
      program
        .command('enrich')
        .description('enrich the named conversations now, and wait for the proof')
        .argument(
          '[ids...]',
          'conversation ids (default: CONVERSATION_IDS, GENESYS_CONVERSATION_ID)',
        ),
    ),
  )
    .option('--file <file>', 'ids from a file, one a line; - is standard input')
    .option('--external-id <id>', 'the customer’s id in your systems, for all of them')
    .option('--participant <id>', 'write to this participant instead of the customer’s')
    .option('--run <name>', 'name the run: what it has taken before is not taken again')
    .option('--report <file>', 'write a report, as .csv or .json')
    .option('--timeout <seconds>', 'longest time for the whole run', parsePositive, 600)
    .action((ids: readonly string[], flags: EnrichFlags) =>
      run(async () => {
        const { enrichConversations } = await import('../enrich/run.ts');
        return (await enrichConversations(ids, flags, io)) ? EXIT.done : EXIT.failures;
      }),
    );
}
