import type { AttributeEntry, Digest } from '../../domain/attribute-entry.ts';
import type { AttributeState } from '../../domain/outcome.ts';
import type { EvidenceEvent, ProofAction, Step, StepContext, WantEvent } from './event.ts';
import { memoryOf, remember } from './memory.ts';
import { MAX_OWN } from './settings.ts';

/**
 * Whose value was seen: the wanted one, an older one of ours, the one from before our first write,
 * none, or anybody else's. The wanted value is ours whoever put it there.
 */
export type ValueClass = 'wanted' | 'own' | 'base' | 'absent' | 'foreign';

export function classify(entry: AttributeEntry, digest: Digest | null): ValueClass {
  if (digest === null) return memoryOf(entry).removal === true ? 'wanted' : 'absent';
  if (digest === entry.wanted) return 'wanted';
  if (entry.own.includes(digest)) return 'own';
  return digest === entry.base ? 'base' : 'foreign';
}

/** A key that is wanted for the first time on this participant. */
export function createEntry(want: WantEvent): AttributeEntry {
  return {
    ...want.id,
    state: 'planned',
    class: want.class,
    wipe: want.wipe,
    wanted: want.digest,
    base: want.current ?? undefined,
    seen: want.current ?? undefined,
    seenAt: undefined,
    own: want.earlier ?? [],
    writes: want.earlier === undefined ? 0 : 1,
    rewrites: 0,
    sentAt: undefined,
    acceptedAt: undefined,
    provedAt: undefined,
    deadlineAt: undefined,
    note: {},
  };
}

/** Remembers a digest as one of ours: the newest last, each once, at most eight. */
export function addOwn(own: readonly Digest[], digest: Digest): readonly Digest[] {
  return [...own.filter((known) => known !== digest), digest].slice(-MAX_OWN);
}

export function same(entry: AttributeEntry, ...actions: readonly ProofAction[]): Step {
  return { entry, actions };
}

export function enter(
  entry: AttributeEntry,
  state: AttributeState,
  deadlineAt: number | undefined,
): AttributeEntry {
  return { ...entry, state, deadlineAt };
}

export const feed = (state: AttributeState, word?: string): ProofAction => ({
  kind: 'feed',
  state,
  word,
});

/** The entry with the evidence taken down, and nothing concluded from it. */
export function witness(entry: AttributeEntry, evidence: EvidenceEvent): AttributeEntry {
  const seen = evidence.digest ?? undefined;
  const seenAt = evidence.at ?? entry.seenAt;
  const wasRead = evidence.source === 'read' || undefined;
  const witnessed = remember({ ...entry, seen, seenAt }, { wasRead });
  return evidence.at !== undefined && classify(entry, evidence.digest) === 'wanted'
    ? remember(witnessed, { wantedAt: evidence.at })
    : witnessed;
}

/** Whether it is known to be true after everything that was seen before. Two events of one instant have no order. */
export function isAfterAll(entry: AttributeEntry, evidence: EvidenceEvent): boolean {
  if (evidence.source === 'read') return true;
  const isTimed = evidence.at !== undefined && entry.seenAt !== undefined;
  return isTimed && evidence.at > entry.seenAt && memoryOf(entry).wasRead !== true;
}

/**
 * Whether it may be from before another value was seen: the wanted one had been written earlier, and
 * nothing tells which came last.
 */
export function mayBeEarlier(entry: AttributeEntry, evidence: EvidenceEvent): boolean {
  const isOvertaken = memoryOf(entry).repeated === true && entry.seen !== entry.wanted;
  return isOvertaken && !isAfterAll(entry, evidence);
}

/** Nothing tells in which order things were seen: a read is to tell, at once. */
export function doubtOrder(entry: AttributeEntry, context: StepContext): AttributeEntry {
  const { suspect, unheard } = memoryOf(entry);
  if (suspect === true) return unheard === true ? remember(entry, { unheard: undefined }) : entry;
  const open = remember(entry, { suspect: true, unheard: undefined, reads: undefined });
  return { ...open, deadlineAt: context.now };
}

/** Plans another write of the wanted value; while one is on its way, the answer comes first. */
export function plan(entry: AttributeEntry, ...actions: readonly ProofAction[]): Step {
  const planned = enter(
    remember(entry, { contested: undefined, suspect: undefined, judging: undefined }),
    'planned',
    undefined,
  );
  if (memoryOf(planned).inFlight === true) return { entry: planned, actions };
  return { entry: planned, actions: [...actions, { kind: 'patch' }] };
}

/** States on the way to a verdict. */
const UNDER_WAY: ReadonlySet<AttributeState> = new Set<AttributeState>([
  'planned',
  'sent',
  'in-doubt',
  'accepted',
  'applied',
]);

/** Whether the key has a verdict that its enrichment can be told. */
export function hasVerdict(entry: AttributeEntry): boolean {
  return (
    !UNDER_WAY.has(entry.state) || (entry.state === 'applied' && memoryOf(entry).final === true)
  );
}

const OVER: ReadonlySet<AttributeState> = new Set<AttributeState>([
  'wiping',
  'wiped',
  'wipe-failed',
]);

/** Whether the key is being removed or was: nothing puts it back. */
export function isWiped(entry: AttributeEntry): boolean {
  return OVER.has(entry.state);
}
