import type { ConversationId } from '../../domain/ids.ts';
import { namesNobody } from '../errors.ts';
import type { PersonKey } from '../turn.ts';
import { auditStatement } from '../turns/writes.ts';
import { fromJson, numberOf, textOf, toJson } from '../sql/codec.ts';
import { feedEventsOf } from '../sql/feed-row.ts';
import { locking, type SqlRow, type Statement, type Unit } from '../sql/statement.ts';
import type { Store } from '../sql/store.ts';
import type { ErasureRecord } from './erasures.ts';
import { commonDigits, mentions, MIN_PHONE_DIGITS } from './mentions.ts';
import { digitsOf, type PersonDigest } from './person-digest.ts';
import {
  conversationsOfPerson,
  countOthers,
  dropEntries,
  dropFeed,
  dropPersons,
  dropSalts,
  emptyMessages,
  emptyRequests,
  holdConversation,
  insertErasure,
  likePattern,
  linkedConversations,
  openRequestsWith,
  openRequestsWithDigits,
  personsOfConversation,
} from './statements.ts';

export interface EraseOrder {
  /** Every key that the person is to be found by. */
  readonly persons: readonly PersonKey[];
  /**
   * Erases the conversations, too, that share another key with those: the same customer called
   * from two numbers. Left out, they are only counted, since others may share that key.
   */
  readonly linked?: boolean | undefined;
  /** Who asked, for the audit. */
  readonly actor: string;
}

export interface Erased {
  readonly conversations: number;
  /** Conversations left alone that share another key with the erased ones. */
  readonly linked: number;
  /** Of the erased ones: work is due or under way, which may write of the person once more. */
  readonly busy: number;
  /** Keys that the person was recorded under, the given ones included. */
  readonly keys: number;
  readonly requests: number;
  readonly messages: number;
  readonly feedEvents: number;
  readonly entries: number;
  /** Audit rows whose digests mean nothing any more; the rows stay, and the chain holds. */
  readonly auditRows: number;
  /** Answers of sources, values and events that this instance had in memory. */
  readonly remembered: number;
  /** Other running instances, which forget what they remember with their next beat. */
  readonly instances: number;
}

export interface EraseContext {
  readonly store: Store;
  readonly newId: () => string;
  readonly digest: PersonDigest;
  readonly instanceId: string;
  /** Called once the person is found and before anything is removed; how much was remembered. */
  readonly forget: (record: ErasureRecord) => number;
}

/**
 * Removes a person from every table, one conversation at a time. First it writes down, by digests
 * alone, what every instance has to forget: what is still remembered could be written once more.
 *
 * @throws {RapportError} `ERR_ERASE_KEY` for a key that names nobody
 */
export async function erasePerson(order: EraseOrder, context: EraseContext): Promise<Erased> {
  order.persons.forEach(assertNamesSomebody);
  const { store, newId } = context;
  const found = await findPerson(order, context);
  const record = { id: newId(), persons: found.persons, conversations: found.conversations };
  const { id, persons, conversations } = record;
  await store.run([
    insertErasure({ id, persons: toJson(persons), conversations: toJson(conversations) }),
    auditStatement(
      { actor: order.actor, action: 'erased', keys: [] },
      { conversationId: null, newId },
    ),
  ]);
  const remembered = context.forget(record);
  let counts = COUNTED.map(() => 0);
  for (const conversationId of conversations) {
    const rows = await store.run(eraseUnit(conversationId, order.actor, context));
    if (rows === 'refused') continue;
    counts = counts.map((sum, i) => sum + (COUNTED[i]?.(rows[i] ?? []) ?? 0));
  }
  const [busy = 0, requests = 0, messages = 0, feedEvents = 0, entries = 0, auditRows = 0] = counts;
  await store.scrub();
  const others = (await store.read(countOthers({ id: context.instanceId })))[0];
  return {
    conversations: conversations.length,
    linked: found.linked,
    busy,
    keys: persons.length,
    requests,
    messages,
    feedEvents,
    entries,
    auditRows,
    remembered,
    instances: others === undefined ? 0 : numberOf(others, 'total'),
  };
}

function assertNamesSomebody({ kind, value }: PersonKey): void {
  const isEnough =
    kind === 'phone' ? digitsOf(value).length >= MIN_PHONE_DIGITS : value.trim() !== '';
  if (!isEnough) throw namesNobody(kind);
}

interface Found {
  readonly persons: readonly string[];
  readonly conversations: readonly ConversationId[];
  readonly linked: number;
}

async function findPerson(order: EraseOrder, context: EraseContext): Promise<Found> {
  const { store, digest } = context;
  const persons = new Set(order.persons.map(digest));
  const own = new Set<string>();
  const linked = new Set<string>();
  for (const person of order.persons) {
    const [recorded, open, shared] = await Promise.all([
      store.read(conversationsOfPerson({ digest: digest(person) })),
      store.read(openRequestsOf(person)),
      store.read(linkedConversations({ digest: digest(person) })),
    ]);
    const theirs = open.filter((row) => mentions(fromJson<unknown>(textOf(row, 'body')), person));
    for (const row of [...recorded, ...theirs]) own.add(textOf(row, 'conversation_id'));
    for (const row of shared) linked.add(textOf(row, 'conversation_id'));
  }
  const conversations = order.linked === true ? new Set([...own, ...linked]) : own;
  for (const conversationId of conversations) {
    const rows = await store.read(personsOfConversation({ conversationId }));
    for (const row of rows) persons.add(textOf(row, 'digest'));
  }
  return {
    persons: [...persons],
    // Ids that came from this ledger's own rows.
    conversations: [...conversations] as ConversationId[],
    linked: [...linked].filter((id) => !conversations.has(id)).length,
  };
}

/** Those whose text has it somewhere, as JSON writes it. */
function openRequestsOf({ kind, value }: PersonKey): Statement {
  return kind === 'phone'
    ? openRequestsWithDigits({ digits: commonDigits(value) })
    : openRequestsWith({ value: likePattern(JSON.stringify(value.trim()).slice(1, -1)) });
}

function eraseUnit(conversationId: string, actor: string, { newId }: EraseContext): Unit {
  return [
    locking(holdConversation({ conversationId }), conversationId),
    emptyRequests({ conversationId }),
    emptyMessages({ conversationId }),
    dropFeed({ conversationId }),
    dropEntries({ conversationId }),
    dropSalts({ conversationId }),
    dropPersons({ conversationId }),
    auditStatement({ actor, action: 'erased', keys: [] }, { conversationId, newId }),
  ];
}

const busyIn = (rows: readonly SqlRow[]): number =>
  rows.reduce((sum, row) => sum + numberOf(row, 'busy'), 0);
const rowsIn = (rows: readonly SqlRow[]): number => rows.length;
const eventsIn = (rows: readonly SqlRow[]): number => rows.flatMap(feedEventsOf).length;

/** What is counted of the answers of a conversation's statements, in their order. */
const COUNTED: readonly ((rows: readonly SqlRow[]) => number)[] = [
  busyIn,
  rowsIn,
  rowsIn,
  eventsIn,
  rowsIn,
  rowsIn,
];
