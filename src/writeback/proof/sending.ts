import type { AttributeEntry } from '../../domain/attribute-entry.ts';
import {
  classify,
  doubtOrder,
  enter,
  feed,
  isAfterAll,
  mayBeEarlier,
  plan,
  same,
  witness,
} from './entry.ts';
import type { EvidenceEvent, ProofEvent, Step, StepContext, WriteAnswer } from './event.ts';
import { memoryOf, remember } from './memory.ts';
import { giveUp, nextProofAt, prove, skipped } from './proved.ts';
import { MAX_DOUBTS } from './settings.ts';

/** Pauses between writes that are repeated in doubt double so often: from `settleMs` up to `lateMs`, five minutes in all as they are by default. */
const MAX_DOUBLINGS = 5;

type AnswerEvent = Extract<ProofEvent, { kind: 'answer' }>;

type SentAnswer = Exclude<WriteAnswer, { readonly kind: 'withheld' }>;

/** The answer to a PATCH has come, or is given up (rows 4 to 9). */
export function answered(entry: AttributeEntry, event: AnswerEvent, context: StepContext): Step {
  if (event.write !== entry.writes || memoryOf(entry).inFlight !== true) {
    return same(entry, { kind: 'count', what: 'stale' });
  }
  const landed = remember(entry, { inFlight: undefined });
  if (event.answer.kind === 'withheld') return withhold(landed);
  if (landed.state === 'planned') {
    // Another value was wanted meanwhile; whatever became of this one, that one goes next.
    return event.answer.kind === 'no-conversation' ? gone(landed) : plan(landed);
  }
  if (landed.state === 'sent') return concludeSent(landed, event.answer, context);
  // Proof, a move or the end overtook the answer; it tells nothing more but when it came.
  return same(event.answer.kind === 'accepted' ? { ...landed, acceptedAt: context.now } : landed);
}

function concludeSent(entry: AttributeEntry, answer: SentAnswer, context: StepContext): Step {
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
  return doubt(remember(entry, { lostAt: context.now }), answer, context);
}

/** The conversation ended before the PATCH could leave (row 32). */
function withhold(entry: AttributeEntry): Step {
  const unsent = { ...entry, writes: entry.writes - 1 };
  const isPursued = entry.state === 'sent' || entry.state === 'planned';
  return isPursued ? skipped(unsent) : same(unsent);
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
    const stray = remember(entry, { reason: 'the participant is not in the conversation' });
    return same(enter(stray, 'wrong-participant', undefined), feed('wrong-participant'));
  }
  return same(enter(remember(entry, { resolved: true }), 'wrong-participant', undefined), {
    kind: 'resolve',
  });
}

function gone(entry: AttributeEntry): Step {
  return skipped(remember(entry, { code: 'not.found' }));
}

/** Whoever sent it never told what became of it: their request ends with them. */
export function lost(entry: AttributeEntry, event: ProofEvent, context: StepContext): Step {
  if (entry.deadlineAt === undefined) return same(entry);
  const landed = remember(entry, { inFlight: undefined, lostAt: entry.sentAt });
  const answer = { kind: 'unknown', reason: 'the answer was never seen' } as const;
  return waitInDoubt(doubt(landed, answer, context).entry, event, context);
}

/** Until when a write whose answer was lost may still come to show. */
function openUntil(entry: AttributeEntry, context: StepContext): number {
  const since = memoryOf(entry).lostAt ?? entry.sentAt ?? context.now;
  return since + context.settings.settleMs;
}

function doubt(
  entry: AttributeEntry,
  answer: Extract<WriteAnswer, { kind: 'unknown' }>,
  context: StepContext,
): Step {
  const { doubts = 0, untaken: wasUntaken } = memoryOf(entry);
  const untaken = answer.untaken === true && (doubts === 0 || wasUntaken === true);
  const mayAskAt = context.now + (answer.retryAfterMs ?? 0);
  const doubtful = remember(entry, {
    reason: answer.reason,
    reads: undefined,
    untaken: untaken || undefined,
  });
  const isAway = answer.untaken !== true;
  const pauseMs = isAway ? pauseAfter(doubts, context.settings) : 0;
  const lookAt = openUntil(doubtful, context) + pauseMs;
  return same(enter(doubtful, 'in-doubt', Math.max(lookAt, mayAskAt)), feed('in-doubt'));
}

/**
 * How much later than it could tell something a look at a write comes that was in doubt so often before:
 * what fails again and again is an outage, and may last. A platform that turns a write away is there, and is
 * not waited for. Never so late that a verdict would be overdue.
 */
function pauseAfter(doubts: number, { settleMs, lateMs }: StepContext['settings']): number {
  const pauseMs = settleMs * (2 ** Math.min(doubts, MAX_DOUBLINGS) - 1);
  return Math.min(pauseMs, Math.max(0, lateMs - settleMs));
}

/** Evidence about a write that has not been answered, or not with certainty (rows 5, 10, 11). */
export function witnessSent(
  entry: AttributeEntry,
  evidence: EvidenceEvent,
  context: StepContext,
): Step {
  const witnessed = witness(entry, evidence);
  const seen = classify(entry, evidence.digest);
  // The answer, or its absence, leads to a read.
  if (seen === 'wanted' && mayBeEarlier(entry, evidence)) return same(entry);
  if (seen === 'wanted') {
    const proved = prove(witnessed, context);
    const isOpen = memoryOf(entry).contested === true && !isAfterAll(entry, evidence);
    return isOpen ? { ...proved, entry: doubtOrder(proved.entry, context) } : proved;
  }
  if (evidence.source === 'event' && seen === 'foreign') {
    return same(remember(witnessed, { contested: true }));
  }
  if (entry.state === 'sent' || evidence.source === 'event') return same(witnessed);
  if (memoryOf(entry).lastRead === true) return giveUp(witnessed, 'ended');
  const startedAt = evidence.startedAt ?? context.now;
  if (startedAt < openUntil(entry, context)) return same(witnessed);
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

/**
 * The time to look at a doubtful write has come, or looking failed. After `lateMs` it is looked at
 * once more, however late that is by then, and given up when that fails.
 */
export function waitInDoubt(entry: AttributeEntry, event: ProofEvent, context: StepContext): Step {
  const { reads = 0, judging } = memoryOf(entry);
  const { now, settings } = context;
  const isLast = now >= (entry.sentAt ?? now) + settings.lateMs;
  if (isLast && (judging === true || event.kind === 'read-failed')) {
    return giveUp(remember(entry, { judging: undefined }), 'no read could be made');
  }
  const deadlineAt = now + settings.settleMs * 2 ** Math.min(isLast ? 0 : reads, 4);
  if (event.kind === 'read-failed') return same({ ...entry, deadlineAt });
  const asked = remember(entry, { reads: reads + 1, judging: isLast || undefined });
  return same(enter(asked, 'in-doubt', deadlineAt), { kind: 'read' });
}
