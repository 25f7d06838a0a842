import type { AuditReader, AuditVerdict } from './audit.ts';
import { auditOf, listAudit } from '../reading/statements.ts';
import {
  CHAIN_START,
  countUnsealed,
  lastSealed,
  linkOf,
  readAnchor,
  seal,
  sealedAfter,
  unsealed,
} from './sealing.ts';
import type { AuditQuery, AuditRecord } from '../reading/records.ts';
import { fromJson, numberOf, textOf } from '../sql/codec.ts';
import { guarded, type SqlRow } from '../sql/statement.ts';
import type { Store } from '../sql/store.ts';

const DEFAULT_LIMIT = 100;
const PAGE_ROWS = 500;

/** One link of the chain, by number. */
export interface Link {
  readonly seq: number;
  readonly hash: string;
}

export class SqlAudit implements AuditReader {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async list(query: AuditQuery = {}): Promise<readonly AuditRecord[]> {
    const { conversationId = null, action = null, before = null, limit = DEFAULT_LIMIT } = query;
    const rows = await this.#store.read(listAudit({ conversationId, action, before, limit }));
    return rows.map(auditOf);
  }

  async verify(): Promise<AuditVerdict> {
    let link = await this.anchor();
    let rows = 0;
    for await (const row of this.#sealed(link.seq)) {
      const seq = numberOf(row, 'seq');
      const fault = faultOf(link, row);
      if (fault !== undefined) return this.#verdict(rows, link, { seq, reason: fault });
      link = { seq, hash: textOf(row, 'hash') };
      rows += 1;
    }
    return this.#verdict(rows, link, undefined);
  }

  async *export(): AsyncIterable<string> {
    const { seq } = await this.anchor();
    for await (const row of this.#sealed(seq)) yield JSON.stringify(auditOf(row));
  }

  /** The link before the oldest row that is still kept. */
  async anchor(): Promise<Link> {
    const row = (await this.#store.read(readAnchor({})))[0];
    return row === undefined ? { seq: 0, hash: CHAIN_START } : fromJson<Link>(textOf(row, 'value'));
  }

  /**
   * Seals what is old enough; how many rows. Two that seal at once cannot both succeed: a number
   * is given once, and a row takes one number.
   */
  async seal(): Promise<number> {
    const rows = await this.#store.read(unsealed({ limit: PAGE_ROWS }));
    if (rows.length === 0) return 0;
    const last = (await this.#store.read(lastSealed({})))[0];
    let link =
      last === undefined
        ? await this.anchor()
        : { seq: numberOf(last, 'seq'), hash: textOf(last, 'hash') };
    const unit = rows.map((row) => {
      const seq = link.seq + 1;
      link = { seq, hash: linkOf(link.hash, seq, row) };
      return seal({ id: textOf(row, 'id'), ...link });
    });
    const [first, ...rest] = unit;
    if (first === undefined) return 0;
    return (await this.#store.run([guarded(first), ...rest])) === 'refused' ? 0 : rows.length;
  }

  async *#sealed(after: number): AsyncIterable<SqlRow> {
    let last = after;
    for (;;) {
      const rows = await this.#store.read(sealedAfter({ after: last, limit: PAGE_ROWS }));
      yield* rows;
      const end = rows.at(-1);
      if (end === undefined) return;
      last = numberOf(end, 'seq');
    }
  }

  async #verdict(
    rows: number,
    link: Link,
    brokenAt: AuditVerdict['brokenAt'],
  ): Promise<AuditVerdict> {
    const open = (await this.#store.read(countUnsealed({})))[0];
    return {
      intact: brokenAt === undefined,
      rows,
      unsealed: open === undefined ? 0 : numberOf(open, 'total'),
      head: link.seq === 0 ? undefined : link,
      ...(brokenAt === undefined ? {} : { brokenAt }),
    };
  }
}

function faultOf(link: Link, row: SqlRow): string | undefined {
  const seq = numberOf(row, 'seq');
  if (seq !== link.seq + 1) return `rows ${link.seq + 1} to ${seq - 1} are missing`;
  if (linkOf(link.hash, seq, row) !== textOf(row, 'hash')) return 'the row was changed';
  return undefined;
}
