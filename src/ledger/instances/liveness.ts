import { query, type Bind } from '../sql/statement.ts';
import { TAKEN_OVER } from '../turns/claim.ts';

/** Says that an instance lives; answers with the store's clock, by which everybody judges that. */
export const beat: Bind<{ id: string; aliveForMs: number }> = query(
  'liveness.beat',
  `insert into instance (id, alive_until) values (:id, :now + cast(:aliveForMs as bigint))
   on conflict (id) do update set alive_until = excluded.alive_until
   returning alive_until - cast(:aliveForMs as bigint) as now`,
);

/** Long enough for a page of its own, so that a full disk has no room for it. */
const PROBE = '.'.repeat(4_000);

export const touchProbe: Bind = query(
  'liveness.probe',
  `insert into setting (name, value) values ('probe', cast(:now as text) || '${PROBE}')
   on conflict (name) do update set value = excluded.value`,
);

export const leave: Bind<{ id: string }> = query(
  'liveness.leave',
  `delete from instance where id = cast(:id as text)`,
);

const takenOver = `update conversation set phase = 'due', due_at = :now, owner = null, claim = null,
     reason = '${TAKEN_OVER}', changed_at = :now`;

const waitingAgain = `update outbox set state = 'waiting', owner = null, claim = null, next_at = :now,
     changed_at = :now`;

/**
 * What an owner held that beats no more is due again; the next turn looks before it writes. Rows that
 * a frozen transaction still locks are passed by; the server ends it, and the next round takes them.
 */
export const takeOver: Bind = query(
  'liveness.takeOver',
  (on) => `with orphaned as materialized (
     select c.id from conversation c where c.phase = 'leased' and not exists (
       select 1 from instance i where i.id = c.owner and i.alive_until > :now)
     ${on.skipLocked('c')})
   ${takenOver}
   where id in (select id from orphaned)
   returning id`,
);

/** A message that its sender may or may not have sent is sent again: receivers know it by its id. */
export const takeOverOutbox: Bind = query(
  'liveness.takeOverOutbox',
  `${waitingAgain}
   where state = 'sending' and not exists (
     select 1 from instance i where i.id = outbox.owner and i.alive_until > :now)
   returning id`,
);

/** What an instance of a minute ago held was taken over long since. */
export const forgetInstances: Bind = query(
  'liveness.forget',
  `delete from instance where alive_until < :now - 60000`,
);

/** What this instance itself held under a lease that it lost and has won back since. */
export const takeBackOwn: Bind<{ owner: string }> = query(
  'liveness.takeBackOwn',
  `${takenOver}
   where phase = 'leased' and owner = cast(:owner as text) returning id`,
);

export const takeBackOwnOutbox: Bind<{ owner: string }> = query(
  'liveness.takeBackOwnOutbox',
  `${waitingAgain}
   where state = 'sending' and owner = cast(:owner as text) returning id`,
);

/** Everything is ours to take back where the file lock proves that every other owner is dead. */
export const takeBackAll: Bind = query(
  'liveness.takeBackAll',
  `${takenOver} where phase = 'leased' returning id`,
);

export const takeBackOutbox: Bind = query(
  'liveness.takeBackOutbox',
  `${waitingAgain} where state = 'sending' returning id`,
);

/**
 * No due time lies further ahead than an hour by design. One that does was set while the clock
 * was wrong, and would keep its conversation waiting for as long as it was wrong.
 */
export const LONGEST_WAIT_MS = 3_600_000;

export const pullBackDue: Bind = query(
  'liveness.pullBackDue',
  `update conversation set due_at = :now
   where phase = 'due' and due_at > :now + ${LONGEST_WAIT_MS} returning id`,
);
