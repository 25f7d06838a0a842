import type { Conversation } from '../../../domain/conversation.ts';
import { sleep, systemClock } from '../../../lib/clock.ts';
import type { CliIo } from '../../terminal/io.ts';
import { withPlatform } from '../session.ts';
import { conversationOf, type TargetFlags } from './target.ts';

/** Prints a line for each change until the conversation ends or the user stops. */
export async function watchAttributes(
  id: string | undefined,
  flags: TargetFlags & { readonly every: number },
  io: CliIo,
): Promise<void> {
  await withPlatform(flags, io, async (session) => {
    const conversationId = conversationOf(id, session);
    let known = new Map<string, string>();
    for (;;) {
      const conversation = await session.client.conversations.get(conversationId, session.call);
      const now = flatten(conversation, flags.participant);
      for (const line of changes(known, now))
        io.out(flags.json === true ? `${JSON.stringify(line)}\n` : `${changeText(line)}\n`);
      known = now;
      if (conversation.endedAt !== undefined || io.signal.aborted) return;
      await sleep(systemClock, flags.every, io.signal).catch(() => undefined);
      if (io.signal.aborted) return;
    }
  });
}

interface Change {
  readonly at: string;
  readonly participantId: string;
  readonly key: string;
  readonly before: string | null;
  readonly now: string | null;
}

/** No id and no key holds a line break that the platform took. */
function flatten(
  conversation: Conversation,
  only: readonly string[] | undefined,
): Map<string, string> {
  const flat = new Map<string, string>();
  for (const participant of conversation.participants) {
    if (only !== undefined && !only.includes(participant.id)) continue;
    for (const [key, value] of participant.attributes) flat.set(`${participant.id}\n${key}`, value);
  }
  return flat;
}

function changes(
  before: ReadonlyMap<string, string>,
  now: ReadonlyMap<string, string>,
): readonly Change[] {
  const at = new Date(systemClock.wallMs()).toISOString();
  return [...new Set([...before.keys(), ...now.keys()])].flatMap((name) => {
    const [was, is] = [before.get(name) ?? null, now.get(name) ?? null];
    if (was === is) return [];
    const [participantId = '', key = ''] = name.split('\n', 2);
    return [{ at, participantId, key, before: was, now: is }];
  });
}

const changeText = ({ at, participantId, key, before, now }: Change): string =>
  `${at}  ${participantId}  ${key}: ${before ?? '(absent)'} → ${now ?? '(absent)'}`;
