import { Command } from 'commander';
import { addAttributesCommands } from './commands/attributes.ts';
import { addAuditCommands } from './commands/audit.ts';
import { addConversationsCommands } from './commands/conversations.ts';
import { addConfigCommands } from './commands/config.ts';
import { addDataActionCommands } from './commands/data-action.ts';
import { addDeliveriesCommands } from './commands/deliveries.ts';
import { addDemoCommand } from './commands/demo.ts';
import { addEmulatorCommand } from './commands/emulator.ts';
import { addEnrichCommand } from './commands/enrich.ts';
import { addEraseCommand } from './commands/erase.ts';
import { addInspectCommand } from './commands/inspect.ts';
import { addKeysCommands } from './commands/keys.ts';
import { addMigrateCommand } from './commands/migrate.ts';
import { addParticipantsCommands } from './commands/participants.ts';
import { addServeCommand } from './commands/serve.ts';
import { addStatsCommand } from './commands/stats.ts';
import { addTestCommand } from './commands/test.ts';
import type { CliContext, Run } from './commands/shared/context.ts';
import { addVerifyCommand } from './commands/verify.ts';
import { EXIT, reportError, type ExitStatus } from './terminal/exit.ts';
import type { CliIo } from './terminal/io.ts';
import { packageVersion } from './version.ts';

/**
 * Runs one command line and returns the exit status: 0 done, 1 done with failures, 2 wrong usage
 * or configuration. Commands import what they need when they run, so `--help` stays quick.
 */
export async function runCli(args: readonly string[], io: CliIo): Promise<ExitStatus> {
  let status: ExitStatus = EXIT.done;
  const run: Run = async (work) => {
    status = (await work()) ?? EXIT.done;
  };
  const program = createProgram(io, run);
  if (args.length === 0) {
    program.outputHelp({ error: true });
    return EXIT.usage;
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    return status;
  } catch (error) {
    return reportError(error, io);
  }
}

/** Every command with its arguments and options; nothing is run before the program parses a line. */
export function createProgram(io: CliIo, run: Run): Command {
  const program = new Command('rapport')
    .description('Gives every live Genesys Cloud conversation its customer context.')
    .version(packageVersion())
    .exitOverride()
    .configureOutput({
      writeOut: io.out,
      writeErr: io.err,
      // In the voice of every other error: what is wrong, and then what to do.
      outputError: (text, write) => write(text.replace(/^error: /, 'rapport: ')),
    })
    .showHelpAfterError('  → Run with --help to see what there is.')
    .showSuggestionAfterError(true);
  const context: CliContext = { io, run };
  addDemoCommand(program, context);
  addServeCommand(program, context);
  addEmulatorCommand(program, context);
  addEnrichCommand(program, context);
  addAttributesCommands(program, context);
  addConversationsCommands(program, context);
  addParticipantsCommands(program, context);
  addVerifyCommand(program, context);
  addInspectCommand(program, context);
  addTestCommand(program, context);
  addConfigCommands(program, context);
  addDataActionCommands(program, context);
  addStatsCommand(program, context);
  addDeliveriesCommands(program, context);
  addAuditCommands(program, context);
  addKeysCommands(program, context);
  addEraseCommand(program, context);
  addMigrateCommand(program, context);
  return program;
}
