import type { AuditQuery, AuditRecord } from '../reading/records.ts';

/** The audit: who did what to which keys of which conversation, sealed into a chain of hashes. */
export interface AuditReader {
  /** Newest first. */
  list(query?: AuditQuery): Promise<readonly AuditRecord[]>;
  /** Walks the whole chain. */
  verify(): Promise<AuditVerdict>;
  /** Every sealed row in the order of the chain, each as one line of JSON without its line end. */
  export(): AsyncIterable<string>;
}

export interface AuditVerdict {
  readonly intact: boolean;
  /** Rows of the chain that were checked. */
  readonly rows: number;
  /** Rows that wait to be sealed. */
  readonly unsealed: number;
  /**
   * The last link. Nothing inside the ledger can show that rows were cut off the end; a copy of
   * this, kept elsewhere, can.
   */
  readonly head: { readonly seq: number; readonly hash: string } | undefined;
  /** The first place where the chain does not hold. */
  readonly brokenAt?: { readonly seq: number; readonly reason: string } | undefined;
}
