import type { AttributeEntry } from '../../domain/attribute-entry.ts';
import type { AttributeState } from '../../domain/outcome.ts';
import { conversationEnded, conversationGone, lookLast } from './ending.ts';
import { same, witness } from './entry.ts';
import type { EvidenceEvent, ProofEvent, Step, StepContext } from './event.ts';
import { flowEnded, flowStarted, noFlow } from './flows.ts';
import {
  attendOverwritten,
  lookAgain,
  overtaken,
  unheard,
  witnessOverwritten,
  witnessProved,
} from './guarding.ts';
import { memoryOf } from './memory.ts';
import { forgo, handOver, leave, moveTo, want, witnessPlanned } from './planning.ts';
import { awaitProof, endWatch, witnessAccepted, witnessLate } from './proving.ts';
import { answered, lost, waitInDoubt, witnessSent } from './sending.ts';
import { answeredWipe, pursueWipe, wipe, witnessWiping } from './wiping.ts';

/**
 * What one event means for one key on one participant: the entry as it is now, and what is to be
 * done. Pure: no clock, no randomness, no value of a customer.
 *
 * The life of an entry, and where its rules are:
 * - planned, and moved with the customer: `planning.ts`
 * - sent, answered, in doubt: `sending.ts`
 * - accepted, applied, visible, late, ignored, unverified: `proving.ts`, `proved.ts`, `flows.ts`
 * - overwritten, yielded, written again: `guarding.ts`
 * - wiped when the customer leaves: `wiping.ts`
 * - the end of the conversation: `ending.ts`
 *
 * An entry comes into being with `want`; any other event about an unknown one is the caller's mistake.
 */
export function reduce(entry: AttributeEntry, event: ProofEvent, context: StepContext): Step {
  // Each rule stands under the kind of the event that it takes.
  const rule = RULES[event.kind] as Rule<ProofEvent>;
  return rule(entry, event, context);
}

type Rule<Event> = (entry: AttributeEntry, event: Event, context: StepContext) => Step;

const RULES: {
  readonly [Kind in ProofEvent['kind']]: Rule<Extract<ProofEvent, { kind: Kind }>>;
} = {
  want,
  leave: (entry, _event, context) => leave(entry, context),
  answer: (entry, event, context) =>
    entry.state === 'wiping'
      ? answeredWipe(entry, event, context)
      : answered(entry, event, context),
  evidence: weigh,
  unheard: (entry, _event, context) => unheard(entry, context),
  // A deadline that has been moved since is not this one.
  deadline: (entry, event, context) =>
    entry.deadlineAt === undefined || entry.deadlineAt > context.now
      ? same(entry)
      : attend(entry, event, context),
  'read-failed': attend,
  'flow-started': flowStarted,
  'flow-ended': flowEnded,
  'no-flow': noFlow,
  'customer-changed': moveTo,
  'handed-over': handOver,
  wipe: (entry, event, context) => wipe(entry, event.blank, context),
  ended: (entry, event, context) => conversationEnded(entry, event.blank, context),
  gone: conversationGone,
  forgone: (entry, event) => forgo(entry, event.reason),
};

type Weigh = (entry: AttributeEntry, evidence: EvidenceEvent, context: StepContext) => Step;

const note: Weigh = (entry, evidence) =>
  same(witness(entry, evidence), { kind: 'count', what: 'ignored' });
const ignore: Weigh = (entry) => same(entry, { kind: 'count', what: 'ignored' });

/** What evidence means depends on what is believed so far. */
const WEIGH: Readonly<Record<AttributeState, Weigh>> = {
  planned: witnessPlanned,
  sent: witnessSent,
  'in-doubt': witnessSent,
  accepted: witnessAccepted,
  applied: witnessProved,
  visible: witnessProved,
  ignored: witnessLate,
  unverified: witnessLate,
  failed: witnessLate,
  overwritten: witnessOverwritten,
  yielded: witnessOverwritten,
  wiping: witnessWiping,
  refused: note,
  'wrong-participant': note,
  superseded: note,
  ended: ignore,
  wiped: ignore,
  'wipe-failed': ignore,
  closed: ignore,
};

/** Evidence is dropped when something newer is known, or when it is older than what it would judge. */
function weigh(entry: AttributeEntry, evidence: EvidenceEvent, context: StepContext): Step {
  if (isStale(entry, evidence)) {
    return isOvertaken(entry, evidence)
      ? overtaken(entry, evidence, context)
      : same(entry, { kind: 'count', what: 'stale' });
  }
  return WEIGH[entry.state](entry, evidence, context);
}

const AWAITED: ReadonlySet<AttributeState> = new Set<AttributeState>([
  'sent',
  'in-doubt',
  'accepted',
]);

/** Old evidence of the wanted value still tells that an awaited write had arrived by then. */
function isOvertaken(entry: AttributeEntry, evidence: EvidenceEvent): boolean {
  const isEarlier =
    evidence.at !== undefined && entry.seenAt !== undefined && evidence.at < entry.seenAt;
  const { lastRead, repeated } = memoryOf(entry);
  const isOpen = lastRead !== true && repeated !== true;
  return isEarlier && isOpen && AWAITED.has(entry.state) && evidence.digest === entry.wanted;
}

function isStale(entry: AttributeEntry, evidence: EvidenceEvent): boolean {
  if (evidence.source === 'event') {
    const isOlder =
      evidence.at !== undefined && entry.seenAt !== undefined && evidence.at < entry.seenAt;
    const isRepeat =
      evidence.at !== undefined &&
      evidence.at === entry.seenAt &&
      evidence.digest === (entry.seen ?? null);
    return evidence.digest === null || isOlder || isRepeat;
  }
  return evidence.startedAt !== undefined && evidence.startedAt < lastAck(entry);
}

/** A read that was begun before this instant may show what was there before our write. */
function lastAck(entry: AttributeEntry): number {
  return entry.acceptedAt ?? entry.sentAt ?? Number.NEGATIVE_INFINITY;
}

type Attend = (
  entry: AttributeEntry,
  event: Extract<ProofEvent, { kind: 'deadline' | 'read-failed' }>,
  context: StepContext,
) => Step;

/** States that wait for something; the others have no deadline. */
const ATTEND: Readonly<Partial<Record<AttributeState, Attend>>> = {
  sent: lost,
  'in-doubt': waitInDoubt,
  accepted: awaitProof,
  applied: lookAgain,
  visible: lookAgain,
  ignored: endWatch,
  unverified: endWatch,
  overwritten: attendOverwritten,
  wiping: pursueWipe,
};

/** The entry's deadline has come, or the read that it asked for could not be made. */
function attend(
  entry: AttributeEntry,
  event: Extract<ProofEvent, { kind: 'deadline' | 'read-failed' }>,
  context: StepContext,
): Step {
  return (
    lastLook(entry, event, context) ??
    ATTEND[entry.state]?.(entry, event, context) ??
    same(entry.deadlineAt === undefined ? entry : { ...entry, deadlineAt: undefined })
  );
}

function lastLook(
  entry: AttributeEntry,
  event: ProofEvent,
  context: StepContext,
): Step | undefined {
  return memoryOf(entry).lastRead === true ? lookLast(entry, event, context) : undefined;
}
