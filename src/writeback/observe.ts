import type { AttributeEntry } from '../domain/attribute-entry.ts';
import type { Observation } from '../domain/observation.ts';
import type { AttributeState } from '../domain/outcome.ts';
import type { Digester } from './proof/digest.ts';
import type { ProofSettings } from './proof/settings.ts';
import { Board, nameOf } from './turn/board.ts';
import type { Effects } from './turn/effects.ts';
import { eventsOf } from './turn/observed-events.ts';

export interface ObserveParts {
  /** Every entry of the observed conversation. */
  readonly entries: readonly AttributeEntry[];
  readonly observation: Observation;
  /** The clock of the ledger's instants, in epoch milliseconds. */
  readonly now: () => number;
  readonly digest: Digester;
  readonly settings: ProofSettings;
}

export interface Observed extends Effects {
  /**
   * Whether anything is worth a transaction: a state, a deadline or a message. An echo of our own
   * write is not.
   */
  readonly matters: boolean;
}

/**
 * What something that the platform let us see means for the entries of a conversation. Sends and
 * reads nothing: what is to be done is done by the turn that is due at `nextDueAt`.
 *
 * ```ts
 * const observed = observe({ entries, observation, now, digest, settings: config.write });
 * if (observed.matters) await ledger.observe({ entries: observed.changed, dueAt: observed.nextDueAt, … });
 * ```
 */
export function observe(parts: ObserveParts): Observed {
  const { entries, settings, now } = parts;
  const board = new Board({ entries, settings, now });
  for (const toEvent of eventsOf(parts.observation, parts.digest)) {
    for (const entry of board.entries) {
      const event = toEvent(entry);
      if (event !== undefined) board.step(entry, event);
    }
  }
  const effects = board.conclude();
  const before = new Map(entries.map((entry) => [nameOf(entry), entry]));
  const { feed, messages, audit, alerts, changed } = effects;
  const isTold = feed.length + messages.length + audit.length + alerts.length > 0;
  const matters = isTold || changed.some((entry) => hasMattered(before.get(nameOf(entry)), entry));
  return { ...effects, matters };
}

function hasMattered(before: AttributeEntry | undefined, after: AttributeEntry): boolean {
  return (
    before?.state !== after.state ||
    (before.seen !== after.seen && THEIRS.has(after.state)) ||
    before.deadlineAt !== after.deadlineAt ||
    flowOf(before) !== flowOf(after)
  );
}

/** Somebody else's value may stand there: the next want is weighed against what was seen last. */
const THEIRS: ReadonlySet<AttributeState> = new Set<AttributeState>([
  'overwritten',
  'yielded',
  'refused',
  'wrong-participant',
  'superseded',
]);

function flowOf(entry: AttributeEntry): string {
  const { flow, flows, flowEndedAt, contested } = entry.note;
  return [flow, flows, flowEndedAt, contested].map(String).join(' ');
}
