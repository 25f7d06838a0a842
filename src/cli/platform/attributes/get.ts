import type { Participant } from '../../../domain/conversation.ts';
import { RapportError } from '../../../domain/errors.ts';
import type { ConversationId } from '../../../domain/ids.ts';
import { systemClock } from '../../../lib/clock.ts';
import { plainForTerminal } from '../../../lib/terminal-text.ts';
import { createPaint, type CliIo, type Paint } from '../../terminal/io.ts';
import { withPlatform, type Session } from '../session.ts';
import { unknownParticipant } from '../../../library/participants.ts';
import { conversationOf, type TargetFlags } from './target.ts';
import { listed } from '../../terminal/table.ts';

/** Prints what participants hold; all of them unless some are named. */
export async function getAttributes(
  id: string | undefined,
  flags: TargetFlags & { readonly ended?: boolean },
  io: CliIo,
): Promise<void> {
  await withPlatform(flags, io, async (session) => {
    const conversationId = conversationOf(id, session);
    const held =
      flags.ended === true
        ? await readHistory(conversationId, session)
        : toHeld(
            (await session.client.conversations.get(conversationId, session.call)).participants,
          );
    const { participant } = flags;
    if (participant !== undefined) assertThere(participant, held, conversationId);
    const wanted = held.filter((one) => participant?.includes(one.participantId) ?? true);
    io.out(
      flags.json === true
        ? `${JSON.stringify(wanted, null, 2)}\n`
        : heldTable(wanted, createPaint(io)),
    );
  });
}

function assertThere(named: readonly string[], held: readonly Held[], id: ConversationId): void {
  const unknown = named.find((one) => !held.some(({ participantId }) => participantId === one));
  if (unknown === undefined) return;
  throw unknownParticipant(unknown, {
    id,
    participants: held.map(({ participantId, purpose }) => ({ id: participantId, purpose })),
  });
}

interface Held {
  readonly participantId: string;
  readonly purpose: string;
  readonly attributes: Readonly<Record<string, string>>;
}

const toHeld = (participants: readonly Participant[]): readonly Held[] =>
  participants.map(({ id, purpose, attributes }) => ({
    participantId: id,
    purpose,
    attributes: Object.fromEntries(attributes),
  }));

/** The platform's analytics keeps an ended conversation's attributes, as far as they were set before the end. */
async function readHistory(
  id: ConversationId,
  { client, call }: Session,
): Promise<readonly Held[]> {
  const now = systemClock.wallMs();
  const found = await client.analytics.runDetailsJob(
    { fromAt: now - HISTORY_MS, toAt: now, conversationIds: [id] },
    call,
  );
  const detail = found.find(({ conversationId }) => conversationId === id);
  if (detail !== undefined) {
    return detail.participants.map(({ participantId, purpose, attributes }) => ({
      participantId,
      purpose,
      attributes: Object.fromEntries(attributes),
    }));
  }
  throw new RapportError({
    code: 'ERR_NOT_IN_ANALYTICS',
    message: `analytics has nothing of conversation ${id} in the last 30 days`,
    nextStep:
      'It may take minutes to arrive there; while the conversation lives, ask without --ended.',
  });
}

/** How far back history is looked for, in milliseconds. */
const HISTORY_MS = 30 * 86_400_000;

function heldTable(held: readonly Held[], paint: Paint): string {
  const rows = held.flatMap(({ participantId, purpose, attributes }) =>
    Object.entries(attributes).map(([key, value]) =>
      [purpose, participantId, key, value].map(plainForTerminal),
    ),
  );
  const nothing = 'No participant holds an attribute.';
  return `${listed(['purpose', 'participant', 'key', 'value'], rows, { paint, nothing })}\n`;
}
