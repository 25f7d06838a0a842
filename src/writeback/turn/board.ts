import type { AttributeEntry } from '../../domain/attribute-entry.ts';
import type { AttributeState, KeyVerdict } from '../../domain/outcome.ts';
import { toVerdict } from '../advice.ts';
import { hasVerdict } from '../proof/entry.ts';
import type { EntryId, ProofAction, ProofEvent, WantEvent } from '../proof/event.ts';
import { memoryOf, remember } from '../proof/memory.ts';
import { want } from '../proof/planning.ts';
import { reduce } from '../proof/reduce.ts';
import type { ProofSettings } from '../proof/settings.ts';
import type { Effects, KeyAlert, KeyAudit, KeyFeedEvent, KeyMessage } from './effects.ts';

/** The entries of one conversation while they are stepped, and everything that comes of it. */
export class Board {
  readonly #before: ReadonlyMap<string, AttributeEntry>;
  readonly #entries: Map<string, AttributeEntry>;
  readonly #settings: ProofSettings;
  readonly #now: () => number;
  readonly #feed: KeyFeedEvent[] = [];
  readonly #messages: KeyMessage[] = [];
  readonly #audit: KeyAudit[] = [];
  readonly #alerts: KeyAlert[] = [];

  constructor(parts: {
    readonly entries: readonly AttributeEntry[];
    readonly settings: ProofSettings;
    readonly now: () => number;
  }) {
    this.#before = new Map(parts.entries.map((entry) => [nameOf(entry), entry]));
    this.#entries = new Map(this.#before);
    this.#settings = parts.settings;
    this.#now = parts.now;
  }

  get entries(): readonly AttributeEntry[] {
    return [...this.#entries.values()];
  }

  get(id: EntryId): AttributeEntry | undefined {
    return this.#entries.get(nameOf(id));
  }

  /** Steps one entry. Feed, audit, alerts and messages are kept; the rest is for the caller to do. */
  step(entry: AttributeEntry, event: ProofEvent): readonly ProofAction[] {
    const present = this.#entries.get(nameOf(entry)) ?? entry;
    const context = { now: this.#now(), settings: this.#settings };
    return this.#take(reduce(present, event, context));
  }

  want(event: WantEvent): readonly ProofAction[] {
    const context = { now: this.#now(), settings: this.#settings };
    return this.#take(want(this.get(event.id), event, context));
  }

  /** When something is to be done next, if nothing happens before. */
  get dueAt(): number | undefined {
    const due = this.entries.flatMap((entry) =>
      entry.state === 'planned' ? this.#now() : (entry.deadlineAt ?? []),
    );
    return due.length === 0 ? undefined : Math.min(...due);
  }

  /** What is to be settled. Call it once, at the end. */
  conclude(): Effects {
    this.#report();
    return {
      entries: this.entries,
      changed: this.entries.filter((entry) => this.#before.get(nameOf(entry)) !== entry),
      feed: this.#feed,
      messages: this.#messages,
      audit: this.#audit,
      alerts: this.#alerts,
      nextDueAt: this.dueAt,
    };
  }

  #take({
    entry,
    actions,
  }: {
    readonly entry: AttributeEntry;
    readonly actions: readonly ProofAction[];
  }): readonly ProofAction[] {
    this.#entries.set(nameOf(entry), entry);
    for (const action of actions) this.#keep(entry, action);
    return actions;
  }

  #keep(entry: AttributeEntry, action: ProofAction): void {
    const { participantId, key } = entry;
    switch (action.kind) {
      case 'feed': {
        const { state, word } = action;
        this.#feed.push({ kind: 'attribute', participantId, key, state, word });
        break;
      }
      case 'audit': {
        const digest = entry.seen ?? entry.wanted;
        this.#audit.push({ action: action.action, participantId, key, digest });
        break;
      }
      case 'alert':
        this.#alerts.push({ reason: action.reason, participantId, key, by: memoryOf(entry).by });
        break;
      case 'outbox': {
        const turn = memoryOf(entry).turn ?? '';
        const keys = [toVerdict(entry)];
        this.#messages.push({ type: action.type, turn, isCorrection: false, keys });
        break;
      }
      case 'patch':
      case 'read':
      case 'resolve':
      case 'move':
      case 'count':
        break;
    }
  }

  /** Tells each enrichment whose keys all have a verdict, and again what became better afterwards. */
  #report(): void {
    for (const [turn, entries] of groupByTurn(this.entries)) {
      const untold = entries.filter((entry) => memoryOf(entry).told === undefined);
      const isFirst = untold.length > 0;
      if (isFirst && !entries.every(hasVerdict)) continue;
      const told = isFirst ? entries : entries.filter(isCorrected);
      if (told.length === 0) continue;
      const keys: readonly KeyVerdict[] = told.map(toVerdict);
      this.#messages.push({ type: 'enriched', turn, isCorrection: !isFirst, keys });
      for (const entry of told) {
        this.#entries.set(nameOf(entry), remember(entry, { told: entry.state }));
      }
    }
  }
}

/** Verdicts that may still change for the better, and what they change to. */
const OPEN: ReadonlySet<AttributeState> = new Set<AttributeState>([
  'ignored',
  'unverified',
  'applied',
  'failed',
]);
const BETTER: ReadonlySet<AttributeState> = new Set<AttributeState>(['applied', 'visible']);

function isCorrected(entry: AttributeEntry): boolean {
  const { told } = memoryOf(entry);
  if (told === undefined || told === entry.state || !OPEN.has(told)) return false;
  return BETTER.has(entry.state) && hasVerdict(entry);
}

function groupByTurn(
  entries: readonly AttributeEntry[],
): ReadonlyMap<string, readonly AttributeEntry[]> {
  const groups = new Map<string, AttributeEntry[]>();
  for (const entry of entries) {
    const { turn } = memoryOf(entry);
    if (turn === undefined) continue;
    groups.set(turn, [...(groups.get(turn) ?? []), entry]);
  }
  return groups;
}

/** Ids have no separator in them that a key could imitate: they hold no control characters. */
export function nameOf({ participantId, target, key }: EntryId): string {
  return `${participantId}\n${target}\n${key}`;
}
