import { query, type Bind } from '../sql/statement.ts';

/** A duty has one holder at a time; it is kept by asking again before `until`. */
export const holdDuty: Bind<{ name: string; owner: string; forMs: number }> = query(
  'duty.hold',
  `insert into duty (name, owner, until)
   values (:name, :owner, :now + cast(:forMs as bigint))
   on conflict (name) do update set owner = excluded.owner, until = excluded.until
     where duty.owner = excluded.owner or duty.owner is null or duty.until <= :now
   returning owner`,
);

export const dropDuty: Bind<{ name: string; owner: string }> = query(
  'duty.drop',
  `update duty set owner = null, until = 0
   where name = cast(:name as text) and owner = cast(:owner as text)`,
);
