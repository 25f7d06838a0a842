import { hasEnded, type Conversation } from '../../../domain/conversation.ts';
import { RapportError } from '../../../domain/errors.ts';
import type { KeyVerdict } from '../../../domain/outcome.ts';
import { systemClock } from '../../../lib/clock.ts';
import type { WantedValue } from '../../../writeback/turn/input.ts';
import { createPaint, type CliIo } from '../../terminal/io.ts';
import { withPlatform } from '../session.ts';
import { customerIn } from '../../../library/participants.ts';
import { conversationOf, participantsOf, type TargetFlags } from './target.ts';
import { write, type Written } from './write.ts';
import { right, table } from '../../terminal/table.ts';

export interface SetFlags extends TargetFlags {
  readonly remove?: readonly string[];
}

/**
 * Sets and removes keys on the customer, or on the named participants, and proves each. @returns
 * whether every key came to be visible
 */
export async function setAttributes(
  id: string | undefined,
  order: { readonly values: ReadonlyMap<string, string>; readonly flags: SetFlags },
  io: CliIo,
): Promise<boolean> {
  const { values, flags } = order;
  return withPlatform(flags, io, async (session) => {
    const conversationId = conversationOf(id, session);
    const startedAt = systemClock.wallMs();
    const conversation = await session.client.conversations.get(conversationId, session.call);
    assertLive(conversation);
    const customerId = customerIn(conversation);
    const participants = participantsOf(conversation, { flags, session, customerId });
    const targets = participants.map((participantId) => ({
      participantId,
      wanted: wantedOf(values, flags.remove ?? []),
      isChosen: participantId !== customerId || undefined,
    }));
    const seen = { conversation, sight: { source: 'read', startedAt } } as const;
    const result = await write({ conversationId, seen, customerId, targets }, session);
    io.out(
      flags.json === true
        ? `${JSON.stringify(toJson(result), null, 2)}\n`
        : verdictTable(result, io),
    );
    return result.keyVerdicts.length > 0 && result.keyVerdicts.every(isGood);
  });
}

function assertLive(conversation: Conversation): void {
  if (!hasEnded(conversation)) return;
  throw new RapportError({
    code: 'ERR_CONVERSATION_ENDED',
    message: `conversation ${conversation.id} has ended; nothing is written to it`,
    nextStep: 'What it held is read with rapport attributes get --ended.',
  });
}

function wantedOf(
  values: ReadonlyMap<string, string>,
  removed: readonly string[],
): ReadonlyMap<string, WantedValue> {
  const plain = { class: 'public', wipe: false } as const;
  return new Map<string, WantedValue>([
    ...[...values].map(([key, value]) => [key, { value, ...plain }] as const),
    ...removed.map((key) => [key, { value: null, ...plain }] as const),
  ]);
}

const isGood = ({ state }: KeyVerdict): boolean => state === 'visible' || state === 'applied';

function toJson({ keyVerdicts, platformRequests, proofRequests, ended }: Written): unknown {
  return { keys: keyVerdicts, platformRequests, proofRequests, ended };
}

function verdictTable(result: Written, io: CliIo): string {
  const paint = createPaint(io);
  const rows = result.keyVerdicts.map((verdict) => [
    verdict.key,
    verdict.participantId,
    paint(isGood(verdict) ? 'green' : 'red', verdict.state),
    verdict.provedAfterMs === undefined ? '–' : `${Math.round(verdict.provedAfterMs)} ms`,
    verdict.advice ?? '',
  ]);
  const headings = ['key', 'participant', 'state', right('after'), 'advice'];
  const lines = table(headings, rows, paint);
  return `${lines}\n`;
}
