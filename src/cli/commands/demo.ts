import type { Command } from 'commander';
import type { CliContext } from './shared/context.ts';
import { EXIT } from '../terminal/exit.ts';
import { createPaint } from '../terminal/io.ts';

interface DemoFlags {
  readonly once?: boolean;
  readonly json?: boolean;
}

const STYLES = { good: 'green', bad: 'red', dim: 'gray', strong: 'yellow' } as const;

export function addDemoCommand(program: Command, { io, run }: CliContext): void {
  program
    .command('demo')
    .description(
      'play a day in miniature against the emulator: no account, no network, nothing left behind',
    )
    .option(
      '--once',
      'play the day to its end, print a summary, and exit 0 only if all went as planned',
    )
    .option('--json', 'print the summary as JSON (implies --once)')
    .action((flags: DemoFlags) =>
      run(async () => {
        const { playDemo } = await import('../../demo/play.ts');
        const paint = createPaint(io);
        const summary = await playDemo({
          once: flags.once === true || flags.json === true,
          json: flags.json === true,
          out: io.out,
          signal: io.signal,
          paint: (word, text) => paint(STYLES[word], text),
        });
        return summary.surprises.length === 0 ? EXIT.done : EXIT.failures;
      }),
    );
}
