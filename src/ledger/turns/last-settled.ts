import type { AttributeEntry } from '../../domain/attribute-entry.ts';
import type { ConversationId } from '../../domain/ids.ts';
import type { KnownConversation, Phase } from '../reading/records.ts';
import { maybeNumber, numberOf, textOf } from '../sql/codec.ts';
import type { SqlRow } from '../sql/statement.ts';
import type { Claim, Settlement } from '../turn.ts';

/** A conversation as an observation is weighed against it. */
export type SettledConversation = Pick<
  KnownConversation,
  'id' | 'entries' | 'phase' | 'fence' | 'dueAt' | 'feedSeq' | 'changedAt' | 'endedAt'
>;

/** The proof of a write is seen within a second or so; at 200 turns a second that is so many. */
const MAX_KEPT = 1_000;

/**
 * What the last turns left, until anything else happens to their conversations. Most writes are proved
 * by an event moments after their turn was settled, which then need not be read again. Only where one
 * process has the store to itself does it see everything that happens.
 */
export class LastSettled {
  readonly #kept = new Map<ConversationId, SettledConversation>();

  get(id: ConversationId): SettledConversation | undefined {
    return this.#kept.get(id);
  }

  keep(settled: SettledConversation): void {
    this.#kept.delete(settled.id);
    this.#kept.set(settled.id, settled);
    if (this.#kept.size <= MAX_KEPT) return;
    for (const oldest of this.#kept.keys()) {
      this.#kept.delete(oldest);
      return;
    }
  }

  drop(id: ConversationId): void {
    this.#kept.delete(id);
  }

  clear(): void {
    this.#kept.clear();
  }
}

/** @param row what the statement that released the conversation returned */
export function settledOf(
  { conversationId, fence, entries }: Claim,
  settlement: Settlement,
  row: SqlRow,
): SettledConversation {
  return {
    id: conversationId,
    fence,
    // Only the ledger writes this column.
    phase: textOf(row, 'phase') as Phase,
    dueAt: maybeNumber(row, 'due_at'),
    feedSeq: numberOf(row, 'feed_seq'),
    changedAt: numberOf(row, 'changed_at'),
    endedAt: maybeNumber(row, 'ended_at'),
    entries: mergeEntries(entries, settlement.entries ?? []),
  };
}

function mergeEntries(
  before: readonly AttributeEntry[],
  changed: readonly AttributeEntry[],
): readonly AttributeEntry[] {
  const merged = new Map([...before, ...changed].map((entry) => [placeOf(entry), entry]));
  return [...merged].toSorted(byPlace).map(([, entry]) => entry);
}

const placeOf = ({ participantId, target, key }: AttributeEntry): string =>
  `${participantId}\n${target}\n${key}`;

const byPlace = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number =>
  a < b ? -1 : 1;
