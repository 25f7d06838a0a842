import type { AttributeEntry, Digest } from '../../domain/attribute-entry.ts';
import { classify, enter, feed, isAfterAll, isWiped, same, witness } from './entry.ts';
import type { EvidenceEvent, ProofEvent, Step, StepContext, WriteAnswer } from './event.ts';
import { memoryOf, remember } from './memory.ts';
import { skipped } from './proved.ts';
import { MAX_DOUBTS, WIPE_DEADLINE_MS, WIPE_READS_MS } from './settings.ts';

/** Whether there is something of ours here that is to go when the customer goes. */
export function isToBeWiped(entry: AttributeEntry): boolean {
  return entry.wipe && entry.writes > 0 && !isWiped(entry);
}

/** The customer left, or the conversation ended, or somebody asked (row 35). */
export function wipe(entry: AttributeEntry, blank: Digest, context: StepContext): Step {
  if (!isToBeWiped(entry)) return same(entry);
  const standing = whatStands(entry, context);
  if (standing === 'theirs') return leaveTheirs(entry);
  const isUnsent = memoryOf(entry).inFlight !== true;
  const isSuspect = isUnsent && standing !== 'ours';
  const marked: AttributeEntry = {
    ...remember(entry, {
      removal: true,
      wipeBy: context.now + WIPE_DEADLINE_MS,
      doubts: undefined,
      reads: undefined,
      lastRead: undefined,
      final: undefined,
      was: entry.state,
      stillRead: undefined,
      unseen: entry.provedAt === undefined || undefined,
      wasEmpty: entry.seen === undefined || entry.seen === blank || undefined,
      suspect: isSuspect || undefined,
    }),
    wanted: blank,
    own: entry.own.filter((known) => known !== blank),
    state: 'wiping',
    deadlineAt: context.now + (standing === 'passing' ? context.settings.settleMs : 0),
  };
  const begun = [feed('wiping'), { kind: 'audit', action: 'wiping' }] as const;
  if (!isUnsent || standing === 'passing') return same(marked, ...begun);
  return same(marked, ...begun, { kind: standing === 'unclear' ? 'read' : 'patch' });
}

/**
 * Whose value stands there, as far as is known: `unclear` is read before anything is erased, and
 * what is `passing` may be ours again in a moment.
 */
function whatStands(
  entry: AttributeEntry,
  context: StepContext,
): 'ours' | 'theirs' | 'passing' | 'unclear' {
  const { suspect, inFlight } = memoryOf(entry);
  if (suspect === true && inFlight !== true) return 'unclear';
  const isLost = entry.state === 'yielded' || entry.state === 'overwritten';
  if (!isLost || entry.seen === undefined || entry.own.includes(entry.seen)) return 'ours';
  return mayComeBack(entry, context) ? 'passing' : 'theirs';
}

/** A voice flow runs, or has just ended: its copy may hold our value and put it back. */
function mayComeBack(entry: AttributeEntry, { now, settings }: StepContext): boolean {
  const { flow, flowEndedAt } = memoryOf(entry);
  return flow !== undefined || (flowEndedAt !== undefined && now < flowEndedAt + settings.settleMs);
}

/** The answer to the write that empties the key, or to one that was under way before (rows 36, 39). */
export function answeredWipe(
  entry: AttributeEntry,
  event: Extract<ProofEvent, { kind: 'answer' }>,
  context: StepContext,
): Step {
  if (event.write !== entry.writes || memoryOf(entry).inFlight !== true) {
    return same(entry, { kind: 'count', what: 'stale' });
  }
  const landed = remember(entry, { inFlight: undefined });
  const { answer } = event;
  if (answer.kind === 'no-conversation') return finishGone(landed);
  if (answer.kind === 'withheld') return withheldWipe(landed);
  if (!entry.own.includes(entry.wanted ?? '')) return same(landed, { kind: 'patch' });
  return concludeWipe(landed, answer, context);
}

/** What was to be written never left; if nothing had been before, there is nothing to empty. */
function withheldWipe(entry: AttributeEntry): Step {
  const unsent = { ...entry, writes: entry.writes - 1 };
  return unsent.writes === 0 ? skipped(unsent) : same(unsent, { kind: 'patch' });
}

type OpenAnswer = Exclude<WriteAnswer, { kind: 'no-conversation' | 'withheld' }>;

function concludeWipe(entry: AttributeEntry, answer: OpenAnswer, context: StepContext): Step {
  const { now, settings } = context;
  switch (answer.kind) {
    case 'accepted': {
      const acked = remember(entry, { wipeAcked: true, reads: undefined });
      return same({ ...acked, acceptedAt: now, deadlineAt: now + (WIPE_READS_MS[0] ?? 0) });
    }
    case 'refused':
      return fail(remember(entry, { code: answer.code, reason: answer.reason }));
    case 'no-participant':
      return fail(remember(entry, { reason: 'the participant is not in the conversation' }));
    case 'unknown':
      break;
  }
  const deadlineAt = now + Math.max(settings.settleMs, answer.retryAfterMs ?? 0);
  return same({ ...remember(entry, { reason: answer.reason }), deadlineAt });
}

/** What stands there after the wipe (rows 36 to 38). */
export function witnessWiping(
  entry: AttributeEntry,
  evidence: EvidenceEvent,
  context: StepContext,
): Step {
  const witnessed = witness(entry, evidence);
  if (!entry.own.includes(entry.wanted ?? '')) return witnessUnsent(witnessed, evidence, context);
  const seen = classify(entry, evidence.digest);
  if (seen === 'own') return stillOurs(witnessed, evidence, context);
  if (seen === 'foreign') {
    const isSure = isConclusive(entry, evidence, context) || !mayChange(entry);
    const isLast = isAfterAll(entry, evidence) && isSure;
    return isLast ? leaveTheirs(witnessed) : same(witnessed);
  }
  if (seen === 'base') {
    const isOpen = mayChange(entry) || evidence.source === 'event';
    return isOpen ? same(witnessed) : leaveTheirs(witnessed);
  }
  return witnessEmpty(entry, evidence, context);
}

/** It is empty, or was at another time: where nothing tells which, the reads that are due will. */
function witnessEmpty(entry: AttributeEntry, evidence: EvidenceEvent, context: StepContext): Step {
  // Before our value, or before a read that has shown it after the wipe: a flow may have put it back.
  const isOfTwoTimes = isAsBefore(entry, evidence) || memoryOf(entry).stillRead === true;
  if (isOfTwoTimes && !isAfterAll(entry, evidence)) return same(entry);
  const witnessed = witness(entry, evidence);
  if (isConclusive(entry, evidence, context)) return finish(witnessed);
  if (mayChange(entry)) return same(remember(witnessed, { emptied: true }));
  const { wipeAcked } = memoryOf(entry);
  return wipeAcked === true ? finish(witnessed) : emptyAgain(witnessed, context);
}

/** Before the wipe has left: only a doubt about whose value it is can end here. */
function witnessUnsent(entry: AttributeEntry, evidence: EvidenceEvent, context: StepContext): Step {
  if (memoryOf(entry).suspect !== true || evidence.source !== 'read') return same(entry);
  const certain = remember(entry, { suspect: undefined, reads: undefined });
  if (classify(entry, evidence.digest) !== 'foreign') return same(certain, { kind: 'patch' });
  return mayComeBack(entry, context) ? same(entry) : leaveTheirs(certain);
}

function stillOurs(entry: AttributeEntry, evidence: EvidenceEvent, context: StepContext): Step {
  // It was gone and is back: a flow wrote its copy.
  const isBack = memoryOf(entry).emptied === true;
  const isLate = !mayChange(entry) && evidence.source === 'read';
  if (isBack || isLate) return emptyAgain(entry, context);
  return same(evidence.source === 'read' ? remember(entry, { stillRead: true }) : entry);
}

/** The wipe was taken and its reads are not spent: what is seen need not be the last word. */
function mayChange(entry: AttributeEntry): boolean {
  const { wipeAcked, reads = 0 } = memoryOf(entry);
  return wipeAcked === true && reads < WIPE_READS_MS.length;
}

/**
 * What stands there may still change without anybody's doing: where our own value was never seen
 * and may be on its way, and while a flow that has just ended may write its copy back.
 */
function isConclusive(
  entry: AttributeEntry,
  evidence: EvidenceEvent,
  context: StepContext,
): boolean {
  const { unseen, wasEmpty, flow, flowEndedAt, doubts = 0 } = memoryOf(entry);
  if (flow === 'older') return false;
  // It was seen to be back: an event may be from before that.
  if (doubts > 0 && !isAfterAll(entry, evidence)) return false;
  if (flowEndedAt !== undefined && context.now < flowEndedAt + context.settings.settleMs) {
    return false;
  }
  const isEmpty = evidence.digest === null || evidence.digest === entry.wanted;
  return unseen !== true || (isEmpty && !isAsBefore(entry, evidence) && wasEmpty !== true);
}

const isAsBefore = ({ base }: AttributeEntry, { digest }: EvidenceEvent): boolean =>
  digest === null ? base === undefined : digest === base;

/** Ours is still there long after the acknowledgement, or nobody knows whether the wipe arrived. */
function emptyAgain(entry: AttributeEntry, context: StepContext): Step {
  const { doubts = 0, wipeBy, inFlight } = memoryOf(entry);
  if (inFlight === true) return same(entry);
  if (doubts >= MAX_DOUBTS) return same({ ...entry, deadlineAt: wipeBy });
  const again = remember(entry, {
    doubts: doubts + 1,
    wipeAcked: undefined,
    reads: undefined,
    emptied: undefined,
    stillRead: undefined,
  });
  return same({ ...again, deadlineAt: context.now + context.settings.settleMs }, { kind: 'patch' });
}

/** The wipe wants attention (rows 37 and 39). */
export function pursueWipe(entry: AttributeEntry, event: ProofEvent, context: StepContext): Step {
  const { now, settings } = context;
  const { wipeBy = now, reads = 0, inFlight, wipeAcked, suspect } = memoryOf(entry);
  if (now >= wipeBy) return fail(remember(entry, { reason: 'not proved within 10 minutes' }));
  const nextReadMs = WIPE_READS_MS[reads + 1];
  const readAt = (entry.acceptedAt ?? now) + (nextReadMs ?? WIPE_DEADLINE_MS);
  const next =
    wipeAcked === true && nextReadMs !== undefined ? readAt : now + settings.settleMs * 4;
  const deadlineAt = Math.min(wipeBy, Math.max(next, now + settings.settleMs));
  if (event.kind === 'read-failed') return same({ ...entry, deadlineAt });
  const isSent = entry.own.includes(entry.wanted ?? '');
  if (!isSent && inFlight !== true) {
    if (suspect !== true) return same({ ...entry, deadlineAt }, { kind: 'patch' });
    const againAt = Math.min(wipeBy, now + settings.settleMs * 2 ** Math.min(reads, 5));
    const asked = remember(entry, { reads: reads + 1 });
    return same({ ...asked, deadlineAt: againAt }, { kind: 'read' });
  }
  return same({ ...remember(entry, { reads: reads + 1 }), deadlineAt }, { kind: 'read' });
}

/** With the conversation, everything that stood in it is gone. */
export function finishGone(entry: AttributeEntry): Step {
  return finish(entry, 'the conversation is gone');
}

function finish(entry: AttributeEntry, reason?: string): Step {
  const done = remember(entry, { final: true, reason });
  return same(
    enter(done, 'wiped', undefined),
    feed('wiped'),
    { kind: 'audit', action: 'wiped' },
    { kind: 'outbox', type: 'wiped' },
  );
}

/** Somebody else's value stands there now, and is not ours to erase. */
function leaveTheirs(entry: AttributeEntry): Step {
  const finished = finish(remember(entry, { theirs: true }));
  return same(finished.entry, ...finished.actions, { kind: 'alert', reason: 'theirs-remains' });
}

function fail(entry: AttributeEntry): Step {
  const failed = remember(entry, { final: true });
  return same(
    enter(failed, 'wipe-failed', undefined),
    feed('wipe-failed'),
    { kind: 'audit', action: 'wipe-failed' },
    { kind: 'outbox', type: 'wipe-failed' },
    { kind: 'alert', reason: 'wipe-failed' },
  );
}
