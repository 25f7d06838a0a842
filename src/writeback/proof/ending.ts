import type { AttributeEntry, Digest } from '../../domain/attribute-entry.ts';
import type { AttributeState } from '../../domain/outcome.ts';
import { same } from './entry.ts';
import type { ProofEvent, Step, StepContext } from './event.ts';
import { memoryOf, remember } from './memory.ts';
import { closeGuard, giveUp, skipped } from './proved.ts';
import { finishGone, isToBeWiped, wipe } from './wiping.ts';

/** The conversation is over (rows 32 to 35). */
export function conversationEnded(
  entry: AttributeEntry,
  blank: Digest,
  context: StepContext,
): Step {
  if (isUntaken(entry)) return skipped(entry);
  if (isToBeWiped(entry)) return wipe(entry, blank, context);
  if (entry.state === 'wiping') return same(entry);
  if (entry.state === 'planned') return skipped(entry);
  if (UNDER_WAY.has(entry.state)) return askLast(entry, context);
  // What was heard of it could not be placed: the last read tells in which state it ends.
  if (entry.state === 'visible' && memoryOf(entry).suspect === true) return askLast(entry, context);
  if (GUARDED.has(entry.state)) return closeGuard(entry);
  return same({ ...remember(entry, { final: true }), deadlineAt: undefined });
}

/** All that was sent was turned away, so that nothing of it stands or will stand there. */
function isUntaken(entry: AttributeEntry): boolean {
  const { untaken, doubts = 0 } = memoryOf(entry);
  return entry.state === 'in-doubt' && untaken === true && entry.writes === doubts + 1;
}

const UNDER_WAY: ReadonlySet<AttributeState> = new Set<AttributeState>([
  'sent',
  'in-doubt',
  'accepted',
  'applied',
]);

const GUARDED: ReadonlySet<AttributeState> = new Set<AttributeState>([
  'visible',
  'yielded',
  'overwritten',
]);

/** One last read, if the budget allows it, may still tell what became of the write. */
function askLast(entry: AttributeEntry, context: StepContext): Step {
  const { lastRead, final } = memoryOf(entry);
  if (lastRead === true) return same(entry);
  if (final === true && entry.state !== 'visible') {
    return same({ ...entry, deadlineAt: undefined });
  }
  const asked = remember(entry, { lastRead: true, final: undefined, reads: undefined });
  return same({ ...asked, deadlineAt: context.now });
}

/** The last read is due, or could not be made. */
export function lookLast(entry: AttributeEntry, event: ProofEvent, context: StepContext): Step {
  const { reads = 0 } = memoryOf(entry);
  if (event.kind === 'read-failed' || reads > 0) {
    // A visible key is read at the end only where something spoke against it.
    return giveUp(remember(entry, { suspect: undefined, unheard: undefined }), 'ended');
  }
  const deadlineAt = context.now + context.settings.settleMs;
  return same({ ...remember(entry, { reads: 1 }), deadlineAt }, { kind: 'read' });
}

/** The platform does not know the conversation any more: nothing can be read or written. */
export function conversationGone(entry: AttributeEntry): Step {
  if (isUntaken(entry)) return skipped(entry);
  if (entry.state === 'wiping' || isToBeWiped(entry)) return finishGone(entry);
  if (UNDER_WAY.has(entry.state)) return giveUp(entry, 'ended');
  if (entry.state === 'planned') return skipped(entry);
  if (!GUARDED.has(entry.state)) return same({ ...entry, deadlineAt: undefined });
  return closeGuard(entry);
}
