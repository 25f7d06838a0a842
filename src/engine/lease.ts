/** The right to act for the conversations that this instance has claimed. */
export interface Lease {
  /** Aborts once the lease may have been taken over. */
  readonly signal: AbortSignal;
  /**
   * How much longer the lease surely lasts, in milliseconds; 0 when it may be lost already. A
   * request to the platform must be over within that time.
   */
  remainingMs(): number;
}

/** The lease of the one process that holds the ledger's lock file: it ends with the process. */
export const endlessLease: Lease = {
  signal: new AbortController().signal,
  remainingMs: () => Number.POSITIVE_INFINITY,
};
