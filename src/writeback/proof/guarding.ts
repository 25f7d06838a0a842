import type { AttributeEntry } from '../../domain/attribute-entry.ts';
import {
  classify,
  doubtOrder,
  enter,
  feed,
  isAfterAll,
  plan,
  same,
  witness,
  type ValueClass,
} from './entry.ts';
import type {
  EvidenceEvent,
  Overwriter,
  ProofAction,
  ProofEvent,
  Step,
  StepContext,
} from './event.ts';
import { memoryOf, remember } from './memory.ts';
import { closeGuard, giveUp, holdUntil, prove } from './proved.ts';
import { FLOW_AFTERMATH_MS, type OverwritePolicy } from './settings.ts';

/** Evidence about a key that was shown to be applied or visible (rows 15, 16, 23 to 25). */
export function witnessProved(
  entry: AttributeEntry,
  evidence: EvidenceEvent,
  context: StepContext,
): Step {
  // The conversation is over, and the guard off.
  if (memoryOf(entry).atEnd === true) return same(entry, { kind: 'count', what: 'ignored' });
  const seen = classify(entry, evidence.digest);
  if (seen === 'wanted') return confirm(entry, evidence, context);
  if (memoryOf(entry).lastRead === true) return lastSaw(entry, evidence, context);
  if (evidence.source === 'read') return overwrite(entry, evidence, context);
  const { wantedAt } = memoryOf(entry);
  // Two events of one instant have no order.
  const isOrdered = evidence.at !== undefined && wantedAt !== undefined && evidence.at !== wantedAt;
  if (isOrdered) {
    return evidence.at > wantedAt
      ? overwrite(entry, evidence, context)
      : same(entry, { kind: 'count', what: 'stale' });
  }
  return same(doubtOrder(entry, context));
}

const FORGET_DOUBT = { suspect: undefined, unheard: undefined } as const;

/** Another value stands there at the end: nothing is written any more, but it is told. */
function lastSaw(entry: AttributeEntry, evidence: EvidenceEvent, context: StepContext): Step {
  if (evidence.source === 'event') return same(witness(entry, evidence));
  // Where nothing was heard before the end, it may have come after it.
  const isOpen = entry.state === 'applied' || memoryOf(entry).unheard === true;
  if (isOpen) return giveUp(remember(witness(entry, evidence), FORGET_DOUBT), 'ended');
  const { found, told } = takeDown(entry, evidence, context);
  const closed = closeGuard(found);
  return same(closed.entry, ...told, ...closed.actions);
}

function confirm(entry: AttributeEntry, evidence: EvidenceEvent, context: StepContext): Step {
  const { suspect: isSuspect, lastRead, flowEndedAt } = memoryOf(entry);
  const isRead = evidence.source === 'read';
  if (lastRead === true) {
    const witnessed = witness(entry, evidence);
    return entry.state === 'visible' ? closeGuard(witnessed) : prove(witnessed, context);
  }
  if (entry.state === 'applied' && flowEndedAt !== undefined) {
    const isAfter = context.now >= flowEndedAt + context.settings.settleMs;
    return isAfter ? prove(witness(entry, evidence), context) : same(witness(entry, evidence));
  }
  const witnessed = witness(entry, evidence);
  if (isSuspect === true && isRead) {
    const deadlineAt = entry.state === 'applied' ? holdUntil(entry, context) : undefined;
    return same({ ...remember(witnessed, FORGET_DOUBT), deadlineAt });
  }
  return same(witnessed, { kind: 'count', what: 'echo' });
}

/** Another value stands where ours was (row 25), and the policy says what follows (rows 26 to 29). */
export function overwrite(
  entry: AttributeEntry,
  evidence: EvidenceEvent,
  context: StepContext,
): Step {
  const { found, told, by } = takeDown(entry, evidence, context);
  const answer = respond(found, policyOf(by, context), context);
  return same(answer.entry, ...told, ...answer.actions);
}

function takeDown(
  entry: AttributeEntry,
  evidence: EvidenceEvent,
  context: StepContext,
): {
  readonly found: AttributeEntry;
  readonly told: readonly ProofAction[];
  readonly by: Overwriter;
} {
  const by = overwriter(entry, classify(entry, evidence.digest), evidence, context.now);
  const witnessed = remember(witness(entry, evidence), {
    by,
    ...FORGET_DOUBT,
    contested: undefined,
    judging: undefined,
    final: undefined,
    lastRead: undefined,
  });
  const told: readonly ProofAction[] = [
    feed('overwritten', by),
    { kind: 'outbox', type: 'overwritten' },
    { kind: 'audit', action: 'overwritten' },
  ];
  return { found: enter(witnessed, 'overwritten', undefined), told, by };
}

function overwriter(
  entry: AttributeEntry,
  seen: ValueClass,
  evidence: EvidenceEvent,
  now: number,
): Overwriter {
  const { flowEndedAt, flowEndedEventAt } = memoryOf(entry);
  const at = evidence.at ?? now;
  const endedAt = evidence.at === undefined ? flowEndedAt : (flowEndedEventAt ?? flowEndedAt);
  const isAftermath = endedAt !== undefined && at >= endedAt && at <= endedAt + FLOW_AFTERMATH_MS;
  if (seen === 'base' || isAftermath) return 'flow';
  return evidence.by ?? 'unknown';
}

function policyOf(by: Overwriter, context: StepContext): OverwritePolicy {
  const { byFlow, byOthers } = context.settings.onOverwrite;
  return by === 'flow' ? byFlow : byOthers;
}

function respond(entry: AttributeEntry, policy: OverwritePolicy, context: StepContext): Step {
  if (policy === 'ours') return contend(entry, context);
  if (policy === 'alert') return same(entry, { kind: 'alert', reason: 'overwritten' });
  return same(enter({ ...entry, wanted: entry.seen }, 'yielded', undefined), feed('yielded'));
}

function contend(entry: AttributeEntry, context: StepContext): Step {
  const { settings, now } = context;
  if (entry.rewrites >= settings.maxRewrites) {
    if (memoryOf(entry).spent === true) return same(entry);
    return same(remember(entry, { spent: true }), { kind: 'alert', reason: 'rewrites-spent' });
  }
  const gapMs = settings.gapsMs[Math.min(entry.rewrites, settings.gapsMs.length - 1)] ?? 0;
  const { flow, by, flowEndedAt } = memoryOf(entry);
  // A flow that still runs writes once more when it ends; until then a rewrite would be wasted.
  if (by === 'flow' && flow !== undefined) {
    return same({ ...entry, deadlineAt: now + settings.lateMs });
  }
  const settledAt =
    by === 'flow' && flowEndedAt !== undefined ? flowEndedAt + settings.settleMs : 0;
  return same({ ...entry, deadlineAt: Math.max(now + gapMs, settledAt) });
}

/**
 * The wanted value was seen, but at an instant from before the newest evidence: our write arrived,
 * and somebody has written since. Told in the order of time, that is rows 12 and 25.
 */
export function overtaken(
  entry: AttributeEntry,
  evidence: EvidenceEvent,
  context: StepContext,
): Step {
  const proved = prove(remember(entry, { wantedAt: evidence.at }), context);
  const newest: EvidenceEvent = {
    kind: 'evidence',
    source: 'event',
    digest: entry.seen ?? null,
    at: entry.seenAt,
  };
  const after = witnessProved(proved.entry, newest, context);
  return same(after.entry, ...proved.actions, ...after.actions);
}

/**
 * Nobody may have been there to hear of another value: a read tells who is there, also when the
 * conversation has ended meanwhile.
 */
export function unheard(entry: AttributeEntry, context: StepContext): Step {
  if (entry.state !== 'visible' || memoryOf(entry).suspect === true) return same(entry);
  return same(remember(doubtOrder(entry, context), { unheard: true }));
}

/** Row 26. */
function rewrite(entry: AttributeEntry, context: StepContext): Step {
  const { by = 'unknown', spent } = memoryOf(entry);
  const isOurs = policyOf(by, context) === 'ours';
  if (!isOurs || spent === true || entry.rewrites >= context.settings.maxRewrites) {
    return same({ ...entry, deadlineAt: undefined });
  }
  return plan({ ...entry, rewrites: entry.rewrites + 1 }, { kind: 'audit', action: 'rewrite' });
}

/** Evidence about a key that others hold (row 30). */
export function witnessOverwritten(
  entry: AttributeEntry,
  evidence: EvidenceEvent,
  context: StepContext,
): Step {
  const witnessed = witness(entry, evidence);
  if (entry.state === 'yielded') {
    const last = entry.own.at(-1);
    if (evidence.digest !== null && evidence.digest === last && evidence.digest !== entry.wanted) {
      // Without an order it is as likely the late echo of what was yielded.
      return isAfterAll(entry, evidence)
        ? prove({ ...witnessed, wanted: last }, context)
        : same(entry, { kind: 'count', what: 'echo' });
    }
    const isTheirs = evidence.digest !== null && !entry.own.includes(evidence.digest);
    return same(isTheirs ? { ...witnessed, wanted: evidence.digest } : witnessed);
  }
  const isWanted = classify(entry, evidence.digest) === 'wanted';
  if (isWanted && isAfterAll(entry, evidence)) return prove(witnessed, context);
  if (isWanted) return same(doubtOrder(entry, context));
  const { suspect: isSuspect } = memoryOf(entry);
  return isSuspect === true && evidence.source === 'read'
    ? stillTheirs(witnessed, context)
    : same(witnessed);
}

/** The other value stands there indeed, and what was to follow follows. */
function stillTheirs(entry: AttributeEntry, context: StepContext): Step {
  const certain = remember(entry, { suspect: undefined, reads: undefined });
  const { by = 'unknown' } = memoryOf(certain);
  const isContended = policyOf(by, context) === 'ours';
  return isContended ? contend(certain, context) : same({ ...certain, deadlineAt: undefined });
}

/** The pause before a rewrite is over, or a read is to tell who is there now (rows 26 and 30). */
export function attendOverwritten(
  entry: AttributeEntry,
  event: ProofEvent,
  context: StepContext,
): Step {
  if (memoryOf(entry).suspect === true) {
    return askAgain(entry, event, context) ?? unresolved(entry, context);
  }
  return event.kind === 'deadline' ? rewrite(entry, context) : same(entry);
}

/** A read of a proved key is due, or could not be made (rows 15, 16, 25). */
export function lookAgain(entry: AttributeEntry, event: ProofEvent, context: StepContext): Step {
  const { suspect: isSuspect, flow, flowEndedAt } = memoryOf(entry);
  if (entry.state === 'applied' && flow === 'older' && isSuspect !== true) {
    return settleUnread(entry, 'a voice flow that began before the write is still running');
  }
  if (isSuspect !== true && (entry.state !== 'applied' || flowEndedAt === undefined)) {
    return same({ ...entry, deadlineAt: undefined });
  }
  return askAgain(entry, event, context) ?? unresolved(entry, context);
}

/** A read, or a later one where that could not be made; undefined once they are spent. */
function askAgain(
  entry: AttributeEntry,
  event: ProofEvent,
  context: StepContext,
): Step | undefined {
  const { reads = 0 } = memoryOf(entry);
  if (reads >= MAX_LOOKS) return undefined;
  const deadlineAt = context.now + context.settings.settleMs * 2 ** reads;
  if (event.kind === 'read-failed') return same({ ...entry, deadlineAt });
  return same({ ...remember(entry, { reads: reads + 1 }), deadlineAt }, { kind: 'read' });
}

/** How often a read that decides a doubt is tried: over two minutes, with the default settings. */
const MAX_LOOKS = 6;

/** No read could tell: what was said of it cannot be vouched for any more. */
function unresolved(entry: AttributeEntry, context: StepContext): Step {
  const { by = 'unknown' } = memoryOf(entry);
  // To write it again is right either way.
  if (entry.state === 'overwritten' && policyOf(by, context) === 'ours') {
    return stillTheirs(entry, context);
  }
  const open = remember(entry, { suspect: undefined, reads: undefined });
  if (entry.state === 'applied') {
    return settleUnread(open, 'no read could be made after the flow ended');
  }
  const unsure = remember(open, { reason: 'unconfirmed', final: undefined });
  const lateAt = context.now + context.settings.lateMs;
  return same(enter(unsure, 'unverified', lateAt), feed('unverified', 'unconfirmed'));
}

function settleUnread(entry: AttributeEntry, reason: string): Step {
  return same({ ...remember(entry, { final: true, reason }), deadlineAt: undefined });
}
