import type { Command } from 'commander';
import type { CliContext } from './shared/context.ts';
import { parsePositive, withConfig, withJson } from './shared/options.ts';
import type { StatsFlags } from '../ledger/show-stats.ts';

export function addStatsCommand(program: Command, { io, run }: CliContext): void {
  withJson(
    withConfig(
      program
        .command('stats')
        .description('what became of the requests, how long it took, and what waits'),
    ),
  )
    .option('--hours <hours>', 'how far back outcomes are counted', parsePositive, 1)
    .action((flags: StatsFlags) =>
      run(async () => {
        const { showStats } = await import('../ledger/show-stats.ts');
        await showStats(flags, io);
      }),
    );
}
