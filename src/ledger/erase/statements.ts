import { query, type Bind } from '../sql/statement.ts';

export const conversationsOfPerson: Bind<{ digest: string }> = query(
  'erase.find',
  `select conversation_id from person where digest = cast(:digest as text)`,
);

/** Requests that nobody has worked on yet still carry what they came with. */
export const openRequestsWith: Bind<{ value: string }> = query(
  'erase.open',
  `select distinct conversation_id from request
   where outcome_id is null and body like '%' || cast(:value as text) || '%' escape '\\'`,
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
  `delete from feed where conversation_id = cast(:conversationId as text) returning n`,
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

export const dropPerson: Bind<{ conversationId: string; digest: string }> = query(
  'erase.person',
  `delete from person where conversation_id = cast(:conversationId as text)
     or digest = cast(:digest as text)`,
);

/** `%`, `_` and the escape itself, as themselves. */
export const likePattern = (value: string): string => value.replace(/[\\%_]/g, String.raw`\$&`);
