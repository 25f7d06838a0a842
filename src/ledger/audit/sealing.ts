import { hash } from 'node:crypto';
import { maybeText, numberOf, textOf } from '../sql/codec.ts';
import { query, type Bind, type SqlRow } from '../sql/statement.ts';

/** Rows younger than this may still get an older neighbour from a slower transaction. */
export const SEAL_AFTER_MS = 1_000;

/** The hash before the first row. */
export const CHAIN_START: string = '0'.repeat(64);

export const ANCHOR = 'audit-anchor';

export const unsealed: Bind<{ limit: number }> = query(
  'seal.unsealed',
  `select * from audit where seq is null and at <= :now - ${SEAL_AFTER_MS}
   order by at, id limit cast(:limit as integer)`,
);

export const lastSealed: Bind = query(
  'seal.last',
  `select seq, hash from audit where seq is not null order by seq desc limit 1`,
);

export const countUnsealed: Bind = query(
  'seal.count',
  `select count(*) as total from audit where seq is null`,
);

export const seal: Bind<{ id: string; seq: number; hash: string }> = query(
  'seal.row',
  `update audit set seq = cast(:seq as bigint), hash = cast(:hash as text)
   where id = cast(:id as text) and seq is null returning id`,
);

export const sealedAfter: Bind<{ after: number; limit: number }> = query(
  'seal.after',
  `select * from audit where seq > cast(:after as bigint)
   order by seq limit cast(:limit as integer)`,
);

export const readAnchor: Bind = query(
  'seal.anchor',
  `select value from setting where name = '${ANCHOR}'`,
);

export const moveAnchor: Bind<{ value: string }> = query(
  'seal.moveAnchor',
  `insert into setting (name, value) values ('${ANCHOR}', :value)
   on conflict (name) do update set value = excluded.value`,
);

export const dropSealed: Bind<{ upTo: number }> = query(
  'seal.drop',
  `delete from audit where seq <= cast(:upTo as bigint)`,
);

/**
 * The link of one row: SHA-256 over the link before it and everything in the row but its salt, as
 * a JSON array. Without the salt the digests in `keys` mean nothing; the chain does not notice.
 */
export function linkOf(previous: string, seq: number, row: SqlRow): string {
  const facts = maybeText(row, 'facts');
  const link = [
    previous,
    seq,
    textOf(row, 'id'),
    maybeText(row, 'conversation_id') ?? null,
    numberOf(row, 'at'),
    textOf(row, 'actor'),
    textOf(row, 'action'),
    textOf(row, 'keys'),
    maybeText(row, 'request_id') ?? null,
    maybeText(row, 'trace_id') ?? null,
    textOf(row, 'correlation_ids'),
    // Only where there are some: rows that were sealed before the column came keep their hashes.
    ...(facts === undefined ? [] : [facts]),
  ];
  return hash('sha256', JSON.stringify(link), 'hex');
}
