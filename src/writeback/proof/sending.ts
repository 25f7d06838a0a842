import type { AttributeEntry } from '../../domain/attribute-entry.ts';
import { classify, enter, feed, plan, same, witness } from './entry.ts';
import type { EvidenceEvent, ProofEvent, Step, StepContext, WriteAnswer } from './event.ts';
import { memoryOf, remember } from './memory.ts';
import { giveUp, nextProofAt, prove } from './proved.ts';
import { MAX_DOUBTS } from './settings.ts';

type AnswerEvent = Extract<ProofEvent, { kind: 'answer' }>;

/** The answer to a PATCH has come, or is given up (rows 4 to 9). */
export function answered(entry: AttributeEntry, event: AnswerEvent, context: StepContext): Step {
  if (event.write !== entry.writes || memoryOf(entry).inFlight !== true) {
    return same(entry, { kind: 'count', what: 'stale' });
  }
  const landed = remember(entry, { inFlight: undefined });
  if (landed.state === 'planned') {
    // Another value was wanted meanwhile; whatever became of this one, that one goes next.
    return event.answer.kind === 'no-conversation' ? gone(landed) : plan(landed);
  }
  if (landed.state === 'sent') return concludeSent(landed, event.answer, context);
  // Proof, a move or the end overtook the answer; it tells nothing more but when it came.
  return same(event.answer.kind === 'accepted' ? { ...landed, acceptedAt: context.now } : landed);
}

function concludeSent(entry: AttributeEntry, answer: WriteAnswer, context: StepContext): Step {
  switch (answer.kind) {
    case 'accepted':
      return accept(entry, context);
    case 'refused': {
      const refused = remember(entry, { code: answer.code, reason: answer.reason });
      return same(enter(refused, 'refused', undefined), feed('refused', answer.code), {
        kind: 'alert',
        reason: 'refused',
      });
    }
    case 'no-participant':
      return missing(entry);
    case 'no-conversation':
      return gone(entry);
    case 'unknown':
      break;
  }
  return doubt(entry, answer, context);
}

function accept(entry: AttributeEntry, context: StepContext): Step {
  const accepted: AttributeEntry = { ...entry, state: 'accepted', acceptedAt: context.now };
  const deadlineAt =
    memoryOf(entry).lastRead === true ? context.now : nextProofAt(accepted, context);
  return same({ ...accepted, deadlineAt }, feed('accepted'));
}

/** The participant is not there; it is looked for once. */
function missing(entry: AttributeEntry): Step {
  if (memoryOf(entry).resolved === true) {
    const lost = remember(entry, { reason: 'the participant is not in the conversation' });
    return same(enter(lost, 'wrong-participant', undefined), feed('wrong-participant'));
  }
  return same(enter(remember(entry, { resolved: true }), 'wrong-participant', undefined), {
    kind: 'resolve',
  });
}

function gone(entry: AttributeEntry): Step {
  const ended = remember(entry, { reason: 'ended', code: 'not.found', final: true });
  return same(enter(ended, 'ended', undefined), feed('ended', 'skipped'));
}

function doubt(
  entry: AttributeEntry,
  answer: Extract<WriteAnswer, { kind: 'unknown' }>,
  context: StepContext,
): Step {
  const settledAt = (entry.sentAt ?? context.now) + context.settings.settleMs;
  const mayAskAt = context.now + (answer.retryAfterMs ?? 0);
  const doubtful = remember(entry, { reason: answer.reason, reads: undefined });
  return same(enter(doubtful, 'in-doubt', Math.max(settledAt, mayAskAt)), feed('in-doubt'));
}

/** Evidence about a write that has not been answered, or not with certainty (rows 5, 10, 11). */
export function witnessSent(
  entry: AttributeEntry,
  evidence: EvidenceEvent,
  context: StepContext,
): Step {
  const witnessed = witness(entry, evidence);
  if (classify(entry, evidence.digest) === 'wanted') return prove(witnessed, context);
  if (entry.state === 'sent' || evidence.source === 'event') return same(witnessed);
  if (memoryOf(entry).lastRead === true) return giveUp(witnessed, 'ended');
  const startedAt = evidence.startedAt ?? context.now;
  if (startedAt < (entry.sentAt ?? 0) + context.settings.settleMs) return same(witnessed);
  return repeat(witnessed);
}

/** The doubtful write is not there: it is sent again while attempts last. */
function repeat(entry: AttributeEntry): Step {
  const doubts = (memoryOf(entry).doubts ?? 0) + 1;
  if (doubts > MAX_DOUBTS) {
    return same(enter(entry, 'failed', undefined), feed('failed', memoryOf(entry).reason));
  }
  return plan(remember(entry, { doubts }));
}

/** The time to look at a doubtful write has come, or looking failed. */
export function waitInDoubt(entry: AttributeEntry, event: ProofEvent, context: StepContext): Step {
  const { reads = 0 } = memoryOf(entry);
  const { now, settings } = context;
  if (now >= (entry.sentAt ?? now) + settings.lateMs) return giveUp(entry, 'no read could be made');
  const deadlineAt = now + settings.settleMs * 2 ** Math.min(reads, 4);
  if (event.kind === 'read-failed') return same({ ...entry, deadlineAt });
  const asked = remember(entry, { reads: reads + 1 });
  return same(enter(asked, 'in-doubt', deadlineAt), { kind: 'read' });
}
