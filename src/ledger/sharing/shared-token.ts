import { query, type Bind } from '../sql/statement.ts';

export const readToken: Bind<{ client: string }> = query(
  'token.read',
  `select generation, sealed, expires_at - :now as ends_in from token
   where client_id = cast(:client as text)`,
);

/** Of several that replace the same token the first one wins. */
export const replaceToken: Bind<{
  client: string;
  generation: number;
  sealed: string;
  lifeMs: number;
}> = query(
  'token.replace',
  `insert into token (client_id, generation, sealed, expires_at)
   values (:client, cast(:generation as bigint), :sealed, :now + cast(:lifeMs as bigint))
   on conflict (client_id) do update set generation = excluded.generation,
     sealed = excluded.sealed, expires_at = excluded.expires_at
     where token.generation < excluded.generation
   returning generation`,
);
