import { query, type Bind } from '../sql/statement.ts';

/** Rows that one statement removes at most: a slice never holds up the work beside it. */
export const SLICE_ROWS = 500;

type Age = { readonly ageMs: number };
const older = `:now - cast(:ageMs as bigint)`;

/** Each removes one slice and returns a row for each row that it removed. */
export const sweepFeed: Bind<Age> = query(
  'sweep.feed',
  `delete from feed where (conversation_id, n) in (
     select conversation_id, n from feed where at < ${older} order by at limit ${SLICE_ROWS})
   returning n`,
);

export const sweepRequests: Bind<Age> = query(
  'sweep.requests',
  `delete from request where id in (
     select id from request where received_at < ${older} and outcome_id is not null
     order by received_at limit ${SLICE_ROWS}) returning id`,
);

export const sweepOutcomes: Bind<Age> = query(
  'sweep.outcomes',
  `delete from outcome where id in (
     select o.id from outcome o where o.at < ${older} order by o.at limit ${SLICE_ROWS})
   returning id`,
);

export const sweepOutbox: Bind<Age & { readonly state: string }> = query(
  'sweep.outbox',
  `delete from outbox where id in (
     select id from outbox where state = cast(:state as text) and changed_at < ${older}
     order by changed_at limit ${SLICE_ROWS}) returning id`,
);

export const oldConversations: Bind<Age & { readonly phase: string }> = query(
  'sweep.findConversations',
  `select id from conversation where phase = cast(:phase as text) and changed_at < ${older}
   order by changed_at limit ${SLICE_ROWS}`,
);

/** Guards its unit: a conversation that came back to life since it was found stays. */
export const dropConversation: Bind<Age & { readonly id: string; readonly phase: string }> = query(
  'sweep.conversation',
  `delete from conversation where id = cast(:id as text) and phase = cast(:phase as text)
     and changed_at < ${older} returning id`,
);

export const dropConversationEntries: Bind<{ id: string }> = query(
  'sweep.entries',
  `delete from attribute where conversation_id = cast(:id as text)`,
);

export const dropConversationPersons: Bind<{ id: string }> = query(
  'sweep.persons',
  `delete from person where conversation_id = cast(:id as text)`,
);
