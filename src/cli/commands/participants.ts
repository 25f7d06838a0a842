import type { Command } from 'commander';
import type { CliContext } from './shared/context.ts';
import { withConfig, withJson } from './shared/options.ts';
import type { UpdateFlags } from '../platform/update-participant.ts';

export function addParticipantsCommands(program: Command, { io, run }: CliContext): void {
  const participants = program
    .command('participants')
    .description('participants of a conversation');
  withJson(
    withConfig(
      participants
        .command('update')
        .description('set a participant’s state or wrap-up')
        .argument('[conversation]', 'its id (default: GENESYS_CONVERSATION_ID)'),
    ),
  )
    .option('--participant <id>', 'whose (default: GENESYS_PARTICIPANT_ID)')
    .option('--state <state>', 'the platform’s word, such as disconnected')
    .option('--wrapup <code>', 'id of the wrap-up code')
    .option('--notes <text>', 'notes of the wrap-up')
    .action((id: string | undefined, flags: UpdateFlags) =>
      run(async () => {
        const { updateParticipant } = await import('../platform/update-participant.ts');
        await updateParticipant(id, flags, io);
      }),
    );
}
