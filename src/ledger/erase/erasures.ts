import type { ConversationId } from '../../domain/ids.ts';
import { fromJson, numberOf, textOf } from '../sql/codec.ts';
import type { SqlRow, Statement } from '../sql/statement.ts';
import type { PersonDigest } from './person-digest.ts';
import { erasuresSince } from './statements.ts';

/** Forgets what somebody remembers of a person; returns how many things that were. */
export type Forget = (erasure: Erasure) => number;

/** What an instance has to forget. It names the person by keyed digests, never by a key. */
export interface Erasure {
  readonly conversations: ReadonlySet<ConversationId>;
  /** Whether a key that something is remembered under is one of the person's. */
  readonly isKeyOf: (key: string) => boolean;
}

export interface ErasureRecord {
  readonly id: string;
  /** Digests of every key that the person was recorded under. */
  readonly persons: readonly string[];
  readonly conversations: readonly ConversationId[];
}

export function erasureOf(record: ErasureRecord, digest: PersonDigest): Erasure {
  const persons = new Set(record.persons);
  const conversations = new Set(record.conversations);
  return {
    conversations,
    isKeyOf: (value) =>
      // A source that is asked by conversation is remembered under its id.
      conversations.has(value as ConversationId) ||
      persons.has(digest({ kind: 'phone', value })) ||
      persons.has(digest({ kind: 'customer', value })),
  };
}

/** How far back a look goes behind the one before: a row may be committed after later ones. */
const OVERLAP_MS = 60_000;

/**
 * The erasures that other instances wrote down and this one has not heard of. Looked for with every
 * beat: unlike a notification, a row cannot be lost, and an instance that was cut off finds it later.
 */
export class UnheardErasures {
  readonly #heard = new Map<string, number>();
  #upTo: number;

  constructor(now: number) {
    this.#upTo = now;
  }

  /** Nobody has to be told of what this instance erases itself. */
  note(id: string, at: number): void {
    this.#heard.set(id, at);
  }

  look(): Statement {
    return erasuresSince({ since: this.#upTo - OVERLAP_MS });
  }

  /** `rows` are those that `look` found. */
  take(rows: readonly SqlRow[], now: number): readonly ErasureRecord[] {
    const fresh = rows.filter((row) => !this.#heard.has(textOf(row, 'id')));
    for (const row of fresh) this.#heard.set(textOf(row, 'id'), numberOf(row, 'at'));
    this.#upTo = now;
    for (const [id, at] of this.#heard) {
      if (at < now - 2 * OVERLAP_MS) this.#heard.delete(id);
    }
    return fresh.map((row) => ({
      id: textOf(row, 'id'),
      persons: fromJson<string[]>(textOf(row, 'persons')),
      conversations: fromJson<ConversationId[]>(textOf(row, 'conversations')),
    }));
  }
}
