import type { Listeners } from '../listeners.ts';
import { LostClaims } from '../turns/lost-claims.ts';
import {
  markDead,
  markSent,
  markWaiting,
  messageOf,
  nextMessageIn,
  replayMessage,
  returnMessages,
  takeMessages,
} from './statements.ts';
import type { Outbox, OutboxBatch, OutboxMessage, OutboxQuery, Sending } from './outbox.ts';
import { maybeNumber } from '../sql/codec.ts';
import { guarded, type Statement } from '../sql/statement.ts';
import type { Store } from '../sql/store.ts';

export interface SqlOutboxParts {
  readonly store: Store;
  readonly owner: string;
  readonly newId: () => string;
  readonly waiting: Listeners<[]>;
  readonly list: (query: OutboxQuery) => Promise<readonly OutboxMessage[]>;
}

export class SqlOutbox implements Outbox {
  readonly #parts: SqlOutboxParts;
  readonly #lost = new LostClaims();

  constructor(parts: SqlOutboxParts) {
    this.#parts = parts;
  }

  async claim(max: number, destination?: string): Promise<OutboxBatch> {
    const { store, owner, newId } = this.#parts;
    const claim = newId();
    const result = await this.#lost.claim(claim, (lost) =>
      store.run([
        takeMessages({ owner, claim, max, destination: destination ?? null }),
        nextMessageIn({ destination: destination ?? null }),
        ...lost.map((id) => returnMessages({ owner, claim: id })),
      ]),
    );
    if (result === 'refused') return { messages: [], nextInMs: undefined };
    const messages = (result[0] ?? []).map(messageOf).toSorted((a, b) => a.nextAt - b.nextAt);
    const next = result[1]?.[0];
    const wait = next === undefined ? undefined : maybeNumber(next, 'wait');
    return { messages, nextInMs: wait === undefined ? undefined : Math.max(0, wait) };
  }

  async settle(id: string, sending: Sending): Promise<'settled' | 'lost'> {
    const result = await this.#parts.store.run([guarded(this.#statementOf(id, sending))]);
    if (result === 'refused') return 'lost';
    // The next message of the same line may go now.
    this.#parts.waiting.tell();
    return 'settled';
  }

  async replay(id: string): Promise<boolean> {
    const result = await this.#parts.store.run([guarded(replayMessage({ id }))]);
    if (result === 'refused') return false;
    this.#parts.waiting.tell();
    return true;
  }

  list(query: OutboxQuery = {}): Promise<readonly OutboxMessage[]> {
    return this.#parts.list(query);
  }

  onWaiting(listener: () => void): () => void {
    return this.#parts.waiting.add(listener);
  }

  #statementOf(id: string, sending: Sending): Statement {
    const { owner } = this.#parts;
    const { status } = sending;
    if (sending.kind === 'sent') return markSent({ id, owner, status });
    if (sending.kind === 'dead') return markDead({ id, owner, status });
    return markWaiting({ id, owner, status, delayMs: Math.round(sending.delayMs) });
  }
}
