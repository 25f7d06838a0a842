import type { AuditQuery, AuditRecord } from './records.ts';

/** The audit: who did what to which keys of which conversation, sealed into a chain of hashes. */
export interface AuditReader {
  /** Newest first. */
  list(query?: AuditQuery): Promise<readonly AuditRecord[]>;
}
