import { numberOf, maybeNumber, maybeText, textOf } from '../sql/codec.ts';
import { query, type Bind, type SqlRow } from '../sql/statement.ts';
import type { OutboxMessage, OutboxState } from './outbox.ts';

/** Per destination and conversation only the lowest one that is not over may be sent; a dead one lets the next pass. */
const isFirstInLine = `(cast(:destination as text) is null or o.destination = cast(:destination as text))
       and not exists (
         select 1 from outbox e where e.destination = o.destination
           and e.conversation_id = o.conversation_id and e.state in ('waiting', 'sending')
           and (e.seq < o.seq or (e.seq = o.seq and e.id < o.id)))`;

export const takeMessages: Bind<{
  owner: string;
  claim: string;
  max: number;
  destination: string | null;
}> = query(
  'outbox.take',
  (on) => `with chosen as materialized (
     select o.id from outbox o where o.state = 'waiting' and o.next_at <= :now
       and ${isFirstInLine}
     order by o.next_at limit cast(:max as integer) ${on.skipLocked('o')})
   update outbox set state = 'sending', owner = cast(:owner as text),
     claim = cast(:claim as text), attempts = attempts + 1, changed_at = :now
   where id in (select id from chosen)
   returning *`,
);

export const nextMessageIn: Bind<{ destination: string | null }> = query(
  'outbox.next',
  `select min(o.next_at) - :now as wait from outbox o where o.state = 'waiting'
     and ${isFirstInLine}`,
);

/** What became of a message that this instance was sending; touches none that another one has by then. */
const mark = (change: string): string =>
  `update outbox set ${change}, owner = null, claim = null, last_status = cast(:status as text),
     changed_at = :now
   where id = cast(:id as text) and owner = cast(:owner as text) and state = 'sending'
   returning id`;

type Marked = { id: string; owner: string; status: string };

export const markSent: Bind<Marked> = query('outbox.sent', mark(`state = 'sent'`));

export const markWaiting: Bind<Marked & { delayMs: number }> = query(
  'outbox.retry',
  mark(`state = 'waiting', next_at = :now + cast(:delayMs as bigint)`),
);

export const markDead: Bind<Marked> = query('outbox.dead', mark(`state = 'dead'`));

/** A claim whose answer was lost on the way may have been committed; nobody works on what it took. */
export const returnMessages: Bind<{ owner: string; claim: string }> = query(
  'outbox.return',
  `update outbox set state = 'waiting', owner = null, claim = null, attempts = attempts - 1
   where state = 'sending' and owner = cast(:owner as text) and claim = cast(:claim as text)
   returning id`,
);

/** A message whose body was erased has nothing left to send. */
export const replayMessage: Bind<{ id: string }> = query(
  'outbox.replay',
  `update outbox set state = 'waiting', owner = null, claim = null, attempts = 0, next_at = :now,
     changed_at = :now
   where id = cast(:id as text) and state in ('dead', 'sent') and body is not null
   returning id`,
);

export const listMessages: Bind<{
  id: string | null;
  state: string | null;
  destination: string | null;
  conversationId: string | null;
  before: string | null;
  limit: number;
}> = query(
  'outbox.list',
  `select * from outbox
   where (cast(:id as text) is null or id = cast(:id as text))
     and (cast(:state as text) is null or state = cast(:state as text))
     and (cast(:destination as text) is null or destination = cast(:destination as text))
     and (cast(:conversationId as text) is null or conversation_id = cast(:conversationId as text))
     and (cast(:before as text) is null or id < cast(:before as text))
   order by id desc limit cast(:limit as integer)`,
);

export function messageOf(row: SqlRow): OutboxMessage {
  return {
    id: textOf(row, 'id'),
    destination: textOf(row, 'destination'),
    conversationId: textOf(row, 'conversation_id'),
    type: textOf(row, 'type'),
    body: maybeText(row, 'body') ?? 'null',
    traceId: maybeText(row, 'trace_id'),
    state: textOf(row, 'state') as OutboxState,
    attempts: numberOf(row, 'attempts'),
    nextAt: numberOf(row, 'next_at'),
    lastStatus: maybeText(row, 'last_status'),
    createdAt: numberOf(row, 'created_at'),
    changedAt: maybeNumber(row, 'changed_at') ?? 0,
  };
}
