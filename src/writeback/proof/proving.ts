import type { AttributeEntry } from '../../domain/attribute-entry.ts';
import { classify, enter, feed, isAfterAll, mayBeEarlier, same, witness } from './entry.ts';
import type { EvidenceEvent, ProofEvent, Step, StepContext } from './event.ts';
import { overwrite } from './guarding.ts';
import { memoryOf, remember } from './memory.ts';
import { giveUp, nextProofAt, prove, proveDeadline } from './proved.ts';

/** Evidence while an accepted write is awaited (rows 12, 13, 17, 18, 20). */
export function witnessAccepted(
  entry: AttributeEntry,
  evidence: EvidenceEvent,
  context: StepContext,
): Step {
  const seen = classify(entry, evidence.digest);
  const witnessed = witness(entry, evidence);
  if (seen === 'wanted') return witnessArrival(entry, evidence, context);
  if (memoryOf(entry).lastRead === true) {
    return evidence.source === 'read' ? giveUp(witnessed, 'ended') : same(witnessed);
  }
  if (seen === 'foreign') return contest(witnessed, evidence, context);
  if (evidence.source === 'event') return same(witnessed);
  // A read that was too early to expect it says nothing of the deadline.
  const settledAt = (entry.acceptedAt ?? context.now) + context.settings.settleMs;
  const wasTimely = (evidence.startedAt ?? context.now) >= settledAt;
  const { readMissed } = memoryOf(entry);
  const missed = remember(witnessed, {
    readMissed: readMissed === true || wasTimely || undefined,
    contested: undefined,
  });
  if (context.now < proveDeadline(entry, context)) {
    return same({ ...missed, deadlineAt: nextProofAt(missed, context) });
  }
  return evidence.elsewhere === true ? misplace(missed) : ignore(missed, context);
}

/** The wanted value is there, unless another one was seen too and nothing tells which came last. */
function witnessArrival(
  entry: AttributeEntry,
  evidence: EvidenceEvent,
  context: StepContext,
): Step {
  if (mayBeEarlier(entry, evidence)) return same({ ...entry, deadlineAt: context.now });
  // The read that is due will tell.
  const isOpen = memoryOf(entry).contested === true && !isAfterAll(entry, evidence);
  return isOpen ? same(entry) : prove(witness(entry, evidence), context);
}

/** Somebody else's value came while ours was on its way: it is given time, then one read decides. */
function contest(entry: AttributeEntry, evidence: EvidenceEvent, context: StepContext): Step {
  if (memoryOf(entry).contested !== true) {
    const deadlineAt = context.now + context.settings.settleMs;
    return same({ ...remember(entry, { contested: true, judging: undefined }), deadlineAt });
  }
  if (evidence.source === 'event' || memoryOf(entry).judging !== true) return same(entry);
  return overwrite(entry, evidence, context);
}

/** The next instant of an accepted write: a proof read, or the judgement (rows 13, 17 to 19). */
export function awaitProof(entry: AttributeEntry, event: ProofEvent, context: StepContext): Step {
  const { now } = context;
  const memory = memoryOf(entry);
  const isJudgement = now >= proveDeadline(entry, context) || memory.contested === true;
  if (event.kind === 'read-failed') {
    if (!isJudgement) return same({ ...entry, deadlineAt: nextProofAt(entry, context) });
    return judgeUnread(entry, event.reason, context);
  }
  if (isJudgement && memory.judging === true)
    return judgeUnread(entry, 'no read came back', context);
  const asked = remember(entry, {
    reads: (memory.reads ?? 0) + 1,
    judging: isJudgement || undefined,
  });
  const deadlineAt = isJudgement ? now + context.settings.settleMs : nextProofAt(asked, context);
  return same({ ...asked, deadlineAt }, { kind: 'read' });
}

/** The deadline came and the last read did not: what an earlier one showed decides. */
function judgeUnread(entry: AttributeEntry, reason: string, context: StepContext): Step {
  const { readMissed, contested } = memoryOf(entry);
  if (readMissed === true && contested !== true) return ignore(entry, context);
  const open = watch(remember(entry, { reason, contested: undefined }), 'unverified', context);
  return same(open, feed('unverified', reason));
}

function ignore(entry: AttributeEntry, context: StepContext): Step {
  const reason = 'the participant does not hold it';
  return same(watch(remember(entry, { reason }), 'ignored', context), feed('ignored'));
}

/** A verdict that late evidence may still better. */
function watch(
  entry: AttributeEntry,
  state: 'ignored' | 'unverified',
  context: StepContext,
): AttributeEntry {
  const lateAt = (entry.acceptedAt ?? context.now) + context.settings.lateMs;
  return enter(remember(entry, { judging: undefined }), state, lateAt);
}

function misplace(entry: AttributeEntry): Step {
  const lost = remember(entry, { reason: 'it stands on another participant', resolved: true });
  return same(
    enter(remember(lost, { judging: undefined }), 'wrong-participant', undefined),
    feed('wrong-participant'),
    { kind: 'resolve' },
  );
}

/** Evidence after the judgement: better late than never (row 21). */
export function witnessLate(
  entry: AttributeEntry,
  evidence: EvidenceEvent,
  context: StepContext,
): Step {
  const witnessed = witness(entry, evidence);
  const lateAt = (entry.acceptedAt ?? entry.sentAt ?? context.now) + context.settings.lateMs;
  const { final, judging, reason } = memoryOf(entry);
  // What is read now is so now, however late; after the end it is not for flows to see.
  const isRead = evidence.source === 'read' && reason !== 'ended';
  const isOpen = isRead || (final !== true && (context.now <= lateAt || judging === true));
  const isWanted = classify(entry, evidence.digest) === 'wanted';
  if (isWanted && isOpen) return prove(witnessed, context);
  return judging === true && evidence.source === 'read'
    ? same(close(witnessed))
    : same(witnessed, { kind: 'count', what: 'ignored' });
}

/** `lateMs` have passed (row 22): one last look where no topic would have told, then it is final. */
export function endWatch(entry: AttributeEntry, event: ProofEvent, context: StepContext): Step {
  const { judging, covered } = memoryOf(entry);
  if (event.kind === 'read-failed' && judging !== true) return same(entry);
  if (event.kind === 'deadline' && judging !== true && covered !== true) {
    const deadlineAt = context.now + context.settings.settleMs;
    return same({ ...remember(entry, { judging: true }), deadlineAt }, { kind: 'read' });
  }
  return same(close(entry));
}

function close(entry: AttributeEntry): AttributeEntry {
  return { ...remember(entry, { final: true, judging: undefined }), deadlineAt: undefined };
}
