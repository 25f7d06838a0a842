import { mediaOf, type Conversation } from '../../domain/conversation.ts';
import { RapportError } from '../../domain/errors.ts';
import type { ParticipantId } from '../../domain/ids.ts';
import { isPlatformError } from '../../genesys/errors.ts';
import type { CliIo } from '../terminal/io.ts';
import type { ConfigFlags } from '../configuration/load-configuration.ts';
import { namesOf, unknownParticipant } from '../../library/participants.ts';
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
    const conversation = await client.conversations.get(conversationId, call);
    const participantId = participantIn(conversation, flags.participant ?? targets.participantId);
    const media = mediaOf(conversation);
    const hasPath =
      media === 'voice' || media === 'message' || media === 'callback' || media === 'email';
    await client.conversations
      .updateParticipant(
        { conversationId, participantId, media: hasPath ? media : undefined },
        { state, wrapupCode: wrapup, wrapupNotes: notes },
        call,
      )
      .catch((error: unknown) => {
        throw isPlatformError(error) && error.platformCode === 'not.a.user'
          ? needsUser(error)
          : error;
      });
    io.out(
      flags.json === true
        ? `${JSON.stringify({ conversationId, participantId, accepted: true })}\n`
        : `The platform has accepted it for participant ${participantId}.\n`,
    );
  });
}

function participantIn(conversation: Conversation, named: string | undefined): ParticipantId {
  if (named === undefined) {
    throw new RapportError({
      code: 'ERR_OPTION_NEEDED',
      message: 'no participant is named',
      nextStep: namesOf(conversation.participants),
    });
  }
  const found = conversation.participants.find(({ id }) => id === named);
  if (found !== undefined) return found.id;
  throw unknownParticipant(named, conversation);
}

function needsUser(cause: unknown): RapportError {
  return new RapportError({
    code: 'ERR_USER_NEEDED',
    message:
      'the platform lets only users change a participant’s state and wrap-up, and a service signed in',
    nextStep:
      'Sign in as a user who is on the conversation: genesys.auth of type authorization-code.',
    cause,
  });
}
