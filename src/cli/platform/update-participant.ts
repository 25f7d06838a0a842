import { mediaOf } from '../../domain/conversation.ts';
import { RapportError } from '../../domain/errors.ts';
import { parseParticipantId } from '../../domain/ids.ts';
import type { CliIo } from '../terminal/io.ts';
import type { ConfigFlags } from '../configuration/load-configuration.ts';
import { conversationOf } from './attributes/target.ts';
import { withPlatform } from './session.ts';

export interface UpdateFlags extends ConfigFlags {
  readonly participant?: string;
  readonly state?: string;
  readonly wrapup?: string;
  readonly notes?: string;
}

/** Changes a participant's state or wrap-up; attributes are another path's. */
export async function updateParticipant(
  id: string | undefined,
  flags: UpdateFlags,
  io: CliIo,
): Promise<void> {
  const { state, wrapup, notes } = flags;
  if (state === undefined && wrapup === undefined) {
    throw new RapportError({
      code: 'ERR_OPTION_NEEDED',
      message: 'nothing is to be changed',
      nextStep: 'Give --state or --wrapup. Attributes are set with rapport attributes set.',
    });
  }
  await withPlatform(flags, io, async (session) => {
    const { client, call, targets } = session;
    const conversationId = conversationOf(id, session);
    const participantId = parseParticipantId(flags.participant ?? targets.participantId);
    const media = mediaOf(await client.conversations.get(conversationId, call));
    const hasPath =
      media === 'voice' || media === 'message' || media === 'callback' || media === 'email';
    await client.conversations.updateParticipant(
      { conversationId, participantId, media: hasPath ? media : undefined },
      { state, wrapupCode: wrapup, wrapupNotes: notes },
      call,
    );
    io.out(
      flags.json === true
        ? `${JSON.stringify({ conversationId, participantId, accepted: true })}\n`
        : 'accepted\n',
    );
  });
}
