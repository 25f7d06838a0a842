import type { AttributeEntry } from '../../domain/attribute-entry.ts';
import type { AttributeState } from '../../domain/outcome.ts';
import {
  addOwn,
  classify,
  createEntry,
  enter,
  feed,
  isAfterAll,
  isWiped,
  plan,
  same,
  witness,
} from './entry.ts';
import type {
  EvidenceEvent,
  ProofAction,
  ProofEvent,
  Step,
  StepContext,
  WantEvent,
} from './event.ts';
import { asOlder, rememberFlows, runningFlows } from './flow-list.ts';
import { memoryOf, remember } from './memory.ts';
import { prove } from './proved.ts';
import { MAX_OWN } from './settings.ts';

/** Here a write of the wanted value is planned, under way, or done. */
const PURSUED: ReadonlySet<AttributeState> = new Set<AttributeState>([
  'planned',
  'sent',
  'in-doubt',
  'accepted',
  'applied',
  'visible',
]);

/** Here no write of ours can still land, so that what was seen last is what stands. */
const STILL: ReadonlySet<AttributeState> = new Set<AttributeState>([
  'applied',
  'visible',
  'overwritten',
  'yielded',
  'superseded',
  'refused',
  'wrong-participant',
  'closed',
  'ended',
]);

/** A value is wanted for this key (rows 1, 2, 28, 29, 40 of the table). */
export function want(
  entry: AttributeEntry | undefined,
  event: WantEvent,
  context: StepContext,
): Step {
  if (entry === undefined) return begin(adopt(createEntry(event), event), event, context);
  if (isWiped(entry)) return same(entry, { kind: 'count', what: 'refused-ended' });
  if (!event.asked && !PURSUED.has(entry.state)) return same(entry);
  if (entry.wanted === event.digest && PURSUED.has(entry.state)) return same(join(entry, event));
  const replaced = takeOver(entry, event);
  if (STILL.has(entry.state) && entry.seen === event.digest) {
    return prove(replaced, context, 'as it was');
  }
  if (event.presumeOurs === true && entry.writes > 0 && event.current === event.digest) {
    return presume(replaced, context, closing(entry, event));
  }
  return plan(replaced, ...closing(entry, event));
}

/**
 * A lost turn has written the value over one of ours that was still on its way: it is there now, and
 * whether it stays is read when both have landed.
 */
function presume(entry: AttributeEntry, context: StepContext, actions: ProofAction[]): Step {
  const written: AttributeEntry = {
    ...remember(entry, { reads: undefined }),
    own: entry.wanted === undefined ? entry.own : addOwn(entry.own, entry.wanted),
    writes: entry.writes + 1,
    sentAt: context.now,
    acceptedAt: undefined,
  };
  const deadlineAt = context.now + context.settings.settleMs;
  return same(enter(written, 'in-doubt', deadlineAt), ...actions, feed('in-doubt'));
}

function begin(entry: AttributeEntry, event: WantEvent, context: StepContext): Step {
  const isThere =
    event.current === event.digest || (event.removal === true && event.current === null);
  return isThere ? stands(entry, context) : plan(entry);
}

/** The wanted value is there with no write of this entry: somebody else's, or a lost turn's of ours. */
function stands(entry: AttributeEntry, context: StepContext): Step {
  const { wanted, own, writes } = entry;
  const isOurs = memoryOf(entry).presumed === true && wanted !== undefined && !own.includes(wanted);
  if (!isOurs) return prove(entry, context, 'as it was');
  const standing: AttributeEntry = {
    ...entry,
    // What was seen there is no longer what was there before us.
    base: writes === 0 ? undefined : entry.base,
    own: addOwn(own, wanted),
    writes: writes + 1,
    sentAt: context.now,
  };
  return prove(standing, context, 'as it was');
}

/** Somebody may have put the wanted value there before we did; anything else is what was there before. */
export function witnessPlanned(
  entry: AttributeEntry,
  evidence: EvidenceEvent,
  context: StepContext,
): Step {
  const witnessed = witness(entry, evidence);
  const isWanted = classify(entry, evidence.digest) === 'wanted';
  // Where another value was seen over ours, an event of ours may be from before that.
  const isSure = entry.writes === 0 || isAfterAll(entry, evidence);
  if (isWanted && isSure && memoryOf(entry).inFlight !== true) return stands(witnessed, context);
  if (isWanted || entry.writes > 0) return same(witnessed);
  return same({ ...witnessed, base: evidence.digest ?? undefined });
}

/** The same value is wanted again: the new enrichment waits for the same verdict. */
function join(entry: AttributeEntry, event: WantEvent): AttributeEntry {
  const { turn } = memoryOf(entry);
  const joined =
    turn === event.turn ? entry : remember(entry, { turn: event.turn, told: undefined });
  return event.wipe && !entry.wipe ? { ...joined, wipe: true } : joined;
}

function takeOver(entry: AttributeEntry, event: WantEvent): AttributeEntry {
  const { digest, class: valueClass, wipe, earlier = [] } = event;
  const inherited = earlier.filter((known) => !entry.own.includes(known));
  return adopt(
    {
      ...entry,
      wanted: digest,
      class: valueClass,
      own: [...inherited, ...entry.own].slice(-MAX_OWN),
      // Once marked, a key stays marked: what was written before must go too.
      wipe: wipe || entry.wipe,
      base: entry.base ?? (entry.writes === 0 ? (event.current ?? undefined) : undefined),
      seen: event.current === undefined ? entry.seen : (event.current ?? undefined),
      provedAt: undefined,
    },
    event,
  );
}

function adopt(entry: AttributeEntry, event: WantEvent): AttributeEntry {
  const { flow } = memoryOf(entry);
  const known = runningFlows(entry);
  const seenRunning = known.length > 0 ? known : [{ id: undefined, age: 'older' } as const];
  return remember(entry, {
    turn: event.turn,
    told: undefined,
    final: undefined,
    covered: event.covered || undefined,
    aside: event.aside === true || undefined,
    removal: event.removal === true || undefined,
    presumed: event.presumeOurs === true || undefined,
    doubts: undefined,
    untaken: undefined,
    resolved: undefined,
    repeated: entry.own.includes(event.digest) || undefined,
    wantedAt: undefined,
    lateMs: undefined,
    reason: undefined,
    code: undefined,
    lastRead: undefined,
    atEnd: undefined,
    was: undefined,
    by: undefined,
    ...(event.flowRunning === true ? rememberFlows(asOlder(seenRunning)) : {}),
    flowUnknown: (event.flowRunning === undefined && flow === undefined) || undefined,
  });
}

/** The old value's story ends here, if it had begun and was another's than the new one's. */
function closing(entry: AttributeEntry, event: WantEvent): ProofAction[] {
  if (entry.wanted === event.digest || !PURSUED.has(entry.state)) return [];
  return entry.state === 'planned' ? [] : [feed('superseded')];
}

/** What was planned cannot be sent. */
export function forgo(entry: AttributeEntry, reason: string): Step {
  if (entry.state !== 'planned') return same(entry);
  const failed = remember(entry, { reason, final: true });
  return same(enter(failed, 'failed', undefined), feed('failed', reason));
}

/** The PATCH with this key leaves (row 3). */
export function leave(entry: AttributeEntry, context: StepContext): Step {
  const isDue = entry.state === 'planned' || entry.state === 'wiping';
  const { inFlight, repeated } = memoryOf(entry);
  if (!isDue || inFlight === true || entry.wanted === undefined) {
    return same(entry, { kind: 'count', what: 'ignored' });
  }
  const left: AttributeEntry = {
    ...remember(entry, {
      inFlight: true,
      repeated: repeated === true || entry.provedAt !== undefined || undefined,
      reads: undefined,
      readMissed: undefined,
      wantedAt: undefined,
      wipeAcked: undefined,
      // Whatever runs now began before this write.
      ...rememberFlows(asOlder(runningFlows(entry))),
    }),
    own: addOwn(entry.own, entry.wanted),
    writes: entry.writes + 1,
    sentAt: context.now,
    acceptedAt: undefined,
    provedAt: undefined,
    deadlineAt: context.now + context.settings.settleMs,
  };
  return same(entry.state === 'wiping' ? left : { ...left, state: 'sent' });
}

const MOVABLE: ReadonlySet<AttributeState> = new Set<AttributeState>([
  ...PURSUED,
  'ignored',
  'unverified',
  'overwritten',
  'wrong-participant',
]);

/** Somebody else is the customer now (rows 7 and 31). */
export function moveTo(
  entry: AttributeEntry,
  event: Extract<ProofEvent, { kind: 'customer-changed' }>,
): Step {
  if (entry.target === 'secure' || memoryOf(entry).aside === true) return same(entry);
  if (event.to === entry.participantId || !MOVABLE.has(entry.state)) return same(entry);
  if (event.to === undefined) {
    const nobody = remember(entry, { reason: 'no customer is in the conversation' });
    return isLost(entry) ? same(enter(nobody, 'wrong-participant', undefined)) : same(entry);
  }
  return same(
    enter(remember(entry, { final: true }), 'superseded', undefined),
    feed('superseded', 'the customer is another participant now'),
    { kind: 'move', to: event.to },
  );
}

/**
 * What stands there from now on is another entry's: whoever guards or wipes this one would take the
 * other's value for somebody else's, or erase it.
 */
export function handOver(entry: AttributeEntry): Step {
  if (OVER.has(entry.state)) return same(entry);
  const handed = { ...remember(entry, { final: true, suspect: undefined }), wipe: false };
  return same(
    enter(handed, 'superseded', undefined),
    feed('superseded', 'the customer is another participant now'),
  );
}

const OVER: ReadonlySet<AttributeState> = new Set<AttributeState>([
  'superseded',
  'wiped',
  'wipe-failed',
  'ended',
  'closed',
]);

/** The platform said that this participant is not there. */
function isLost(entry: AttributeEntry): boolean {
  return memoryOf(entry).resolved === true;
}
