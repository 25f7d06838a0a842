import { query, type Bind } from '../sql/statement.ts';

function withoutSeparators(column: string): string {
  return [' ', '-', '(', ')', '.', '/'].reduce(
    (text, mark) => `replace(${text}, '${mark}', '')`,
    column,
  );
}

export const conversationsOfPerson: Bind<{ digest: string }> = query(
  'erase.find',
  `select conversation_id from person where digest = cast(:digest as text)`,
);

/** Conversations that share a key with those of the person, whoever that key belongs to. */
export const linkedConversations: Bind<{ digest: string }> = query(
  'erase.linked',
  `select distinct other.conversation_id from person own
     join person shared on shared.conversation_id = own.conversation_id
     join person other on other.digest = shared.digest
   where own.digest = cast(:digest as text)`,
);

/** Every key under which the customer of a conversation was recorded. */
export const personsOfConversation: Bind<{ conversationId: string }> = query(
  'erase.keys',
  `select digest from person where conversation_id = cast(:conversationId as text)`,
);

/**
 * Requests that nobody has worked on yet still carry what they came with. More than those of the
 * person: whoever reads them compares.
 */
export const openRequestsWith: Bind<{ value: string }> = query(
  'erase.open',
  `select conversation_id, body from request where outcome_id is null
     and lower(body) like '%' || lower(cast(:value as text)) || '%' escape '\\'`,
);

/** The same for a number, however the caller wrote it. */
export const openRequestsWithDigits: Bind<{ digits: string }> = query(
  'erase.openDigits',
  `select conversation_id, body from request where outcome_id is null
     and ${withoutSeparators('body')} like '%' || cast(:digits as text) || '%'`,
);

/** Takes the row's lock, so that a turn settles before or after, and tells whether one is due. */
export const holdConversation: Bind<{ conversationId: string }> = query(
  'erase.hold',
  `update conversation set changed_at = :now where id = cast(:conversationId as text)
   returning case when phase in ('due', 'leased') then 1 else 0 end as busy`,
);

/** The wish stays, without what it said about the person. */
export const emptyRequests: Bind<{ conversationId: string }> = query(
  'erase.requests',
  `update request set body = '{}'
   where conversation_id = cast(:conversationId as text) and outcome_id is null
     and body is not null returning id`,
);

export const emptyMessages: Bind<{ conversationId: string }> = query(
  'erase.outbox',
  `update outbox set body = null, owner = null, claim = null, last_status = 'erased',
     state = case when state in ('waiting', 'sending') then 'dead' else state end,
     changed_at = :now
   where conversation_id = cast(:conversationId as text) and body is not null returning id`,
);

export const dropFeed: Bind<{ conversationId: string }> = query(
  'erase.feed',
  `delete from feed where conversation_id = cast(:conversationId as text) returning *`,
);

/** What must still be wiped on the platform is remembered until it is; it holds no value. */
export const dropEntries: Bind<{ conversationId: string }> = query(
  'erase.entries',
  `delete from attribute where conversation_id = cast(:conversationId as text)
     and (wipe = 0 or state in ('wiped', 'closed', 'wipe-failed')) returning key`,
);

export const dropSalts: Bind<{ conversationId: string }> = query(
  'erase.salts',
  `update audit set salt = null where conversation_id = cast(:conversationId as text)
     and salt is not null returning id`,
);

export const dropPersons: Bind<{ conversationId: string }> = query(
  'erase.person',
  `delete from person where conversation_id = cast(:conversationId as text)`,
);

export const insertErasure: Bind<{ id: string; persons: string; conversations: string }> = query(
  'erase.tell',
  `insert into erasure (id, at, persons, conversations) values (:id, :now, :persons, :conversations)`,
);

export const erasuresSince: Bind<{ since: number }> = query(
  'erase.heard',
  `select id, at, persons, conversations from erasure where at > cast(:since as bigint) order by at`,
);

/** Longer than any instance is away that still remembers something. */
const TOLD_FOR_MS = 7 * 86_400_000;

export const forgetErasures: Bind = query(
  'erase.forget',
  `delete from erasure where at < :now - ${TOLD_FOR_MS}`,
);

export const countOthers: Bind<{ id: string }> = query(
  'erase.others',
  `select count(*) as total from instance where id <> cast(:id as text) and alive_until > :now`,
);

/** `%`, `_` and the escape itself, as themselves. */
export const likePattern = (value: string): string => value.replace(/[\\%_]/g, String.raw`\$&`);
