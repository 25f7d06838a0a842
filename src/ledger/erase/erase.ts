import type { PersonKey } from '../turn.ts';
import {
  conversationsOfPerson,
  dropEntries,
  dropFeed,
  dropPerson,
  dropSalts,
  emptyMessages,
  emptyRequests,
  likePattern,
  openRequestsWith,
} from './statements.ts';
import { auditStatement } from '../turns/writes.ts';
import { textOf } from '../sql/codec.ts';
import type { Unit } from '../sql/statement.ts';
import type { Store } from '../sql/store.ts';

export interface EraseContext {
  readonly store: Store;
  readonly newId: () => string;
  readonly digest: string;
}

export interface Erased {
  readonly conversations: number;
  readonly requests: number;
  readonly messages: number;
  readonly feedEvents: number;
  readonly entries: number;
  /** Audit rows whose digests mean nothing any more; the rows stay, and the chain holds. */
  readonly auditRows: number;
}

/** Removes a person from every table, one conversation at a time, and says so in the audit. */
export async function erasePerson(person: PersonKey, context: EraseContext): Promise<Erased> {
  const { store, digest } = context;
  const [known, open] = await Promise.all([
    store.read(conversationsOfPerson({ digest })),
    // As JSON writes it, and without the quotes, since an address carries a prefix.
    store.read(openRequestsWith({ value: likePattern(JSON.stringify(person.value).slice(1, -1)) })),
  ]);
  const ids = new Set([...known, ...open].map((row) => textOf(row, 'conversation_id')));
  let counts = [0, 0, 0, 0, 0];
  for (const conversationId of ids) {
    const result = await store.run(eraseUnit(conversationId, context));
    counts = counts.map((sum, i) => sum + (result === 'refused' ? 0 : (result[i]?.length ?? 0)));
  }
  const [requests = 0, messages = 0, feedEvents = 0, entries = 0, auditRows = 0] = counts;
  return { conversations: ids.size, requests, messages, feedEvents, entries, auditRows };
}

function eraseUnit(conversationId: string, context: EraseContext): Unit {
  const { newId, digest } = context;
  return [
    emptyRequests({ conversationId }),
    emptyMessages({ conversationId }),
    dropFeed({ conversationId }),
    dropEntries({ conversationId }),
    dropSalts({ conversationId }),
    dropPerson({ conversationId, digest }),
    auditStatement({ actor: 'rapport', action: 'erased', keys: [] }, { conversationId, newId }),
  ];
}
