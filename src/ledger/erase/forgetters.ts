import type { SqlRow, Statement } from '../sql/statement.ts';
import { erasureOf, UnheardErasures, type ErasureRecord, type Forget } from './erasures.ts';
import type { PersonDigest } from './person-digest.ts';

/** Those in this instance who remember something of persons, told of each erasure once, whoever made it. */
export class Forgetters {
  readonly #forgetters = new Set<Forget>();
  readonly #unheard: UnheardErasures;
  readonly #digest: PersonDigest;

  /** Erasures from `now` on, by the store's clock, are heard of. */
  constructor(digest: PersonDigest, now: number) {
    this.#digest = digest;
    this.#unheard = new UnheardErasures(now);
  }

  add(forget: Forget): () => void {
    this.#forgetters.add(forget);
    return () => this.#forgetters.delete(forget);
  }

  /** Tells of an erasure of this instance's own; returns how many things were forgotten. */
  tellOwn(record: ErasureRecord, now: number): number {
    this.#unheard.note(record.id, now);
    return this.#tell(record);
  }

  /** The question for what other instances erased. */
  look(): Statement {
    return this.#unheard.look();
  }

  /** Tells of the erasures among the rows that `look` found. */
  hear(rows: readonly SqlRow[], now: number): void {
    for (const record of this.#unheard.take(rows, now)) this.#tell(record);
  }

  #tell(record: ErasureRecord): number {
    const erasure = erasureOf(record, this.#digest);
    return [...this.#forgetters].reduce((sum, forget) => sum + forget(erasure), 0);
  }
}
