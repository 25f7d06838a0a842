import type { AttributeEntry } from '../../domain/attribute-entry.ts';
import { enter, feed, same } from './entry.ts';
import type { Step, StepContext } from './event.ts';
import { memoryOf, remember } from './memory.ts';
import { PROOF_READ_PAUSES_MS } from './settings.ts';

/** The store holds the wanted value: applied, and visible unless something stands before it (rows 12, 14, 15, 21, 33). */
export function prove(entry: AttributeEntry, context: StepContext, word?: string): Step {
  const { now } = context;
  const memory = memoryOf(entry);
  const isLate =
    entry.state === 'ignored' || entry.state === 'unverified' || entry.state === 'failed';
  const proved: AttributeEntry = {
    ...remember(entry, {
      contested: undefined,
      suspect: undefined,
      judging: undefined,
      reason: undefined,
      final: undefined,
      by: undefined,
      lateMs: isLate ? Math.max(0, now - proveDeadline(entry, context)) : memory.lateMs,
    }),
    provedAt: entry.provedAt ?? now,
  };
  if (memory.lastRead === true) {
    const last = remember(proved, { lastRead: undefined, atEnd: true, final: true });
    return same(enter(last, 'applied', undefined), feed('applied', 'at the end'));
  }
  if (memory.aside === true) {
    const aside = remember(proved, { final: true });
    return same(enter(aside, 'applied', undefined), feed('applied', word));
  }
  if (memory.flow === 'older') return same(hold(proved, context), feed('applied', word));
  if (memory.settlesAt !== undefined && now < memory.settlesAt) {
    const held = enter(remember(proved, { reads: undefined }), 'applied', memory.settlesAt);
    return same(held, feed('applied', word));
  }
  return same(
    enter(remember(proved, { final: true }), 'visible', undefined),
    ...(entry.state === 'applied' ? [] : [feed('applied', word)]),
    feed('visible', word),
  );
}

/** Applied, but a voice flow may still read and write an older copy. */
function hold(entry: AttributeEntry, context: StepContext): AttributeEntry {
  return enter(entry, 'applied', holdUntil(entry, context));
}

/** Until when a verdict waits for a flow to end. */
export function holdUntil(entry: AttributeEntry, context: StepContext): number {
  const since = entry.acceptedAt ?? entry.sentAt ?? context.now;
  return Math.max(context.now, since + context.settings.lateMs);
}

/** When an accepted write wants attention: at its next proof read, at the latest when it is judged. */
export function nextProofAt(entry: AttributeEntry, context: StepContext): number {
  const proveBy = proveDeadline(entry, context);
  const { covered, reads = 0 } = memoryOf(entry);
  const pauseMs = PROOF_READ_PAUSES_MS[reads];
  if (covered === true || pauseMs === undefined) return proveBy;
  return Math.min(proveBy, context.now + pauseMs);
}

export function proveDeadline(entry: AttributeEntry, context: StepContext): number {
  return (entry.acceptedAt ?? entry.sentAt ?? context.now) + context.settings.proveMs;
}

/** The guard goes off with the conversation; the record keeps what it guarded. */
export function closeGuard(entry: AttributeEntry): Step {
  const closed = remember(entry, {
    was: entry.state,
    final: true,
    lastRead: undefined,
    suspect: undefined,
    unheard: undefined,
  });
  return same(enter(closed, 'closed', undefined), feed('closed'));
}

/** The conversation is over, and nothing of this was written (rows 8 and 32). */
export function skipped(entry: AttributeEntry): Step {
  const never = remember(entry, { reason: 'ended', final: true, lastRead: undefined });
  return same(enter(never, 'ended', undefined), feed('ended', 'skipped'));
}

export function giveUp(entry: AttributeEntry, reason: string): Step {
  const open = remember(entry, { reason, final: true, lastRead: undefined });
  return same(enter(open, 'unverified', undefined), feed('unverified', reason));
}
