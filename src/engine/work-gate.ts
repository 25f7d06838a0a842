/**
 * Room to work, asked for before anything is claimed: what is claimed by an instance that then
 * waits for its budget is kept from every other instance. The waiting line is the ledger.
 */
export interface WorkGate<G extends Grant = Grant> {
  /** Waits until one more turn may begin. Rejects with the signal's reason when it aborts. */
  whenRoom(signal: AbortSignal): Promise<G>;
  /** Room for one more turn if there is some right now. */
  tryRoom(): G | undefined;
}

/** Room for one turn. Released once, with whatever was not spent of it. */
export interface Grant {
  release(): void;
}

/** A gate that is always open, for a platform that says nothing of limits. */
export const openGate: WorkGate = {
  whenRoom: () => Promise.resolve({ release() {} }),
  tryRoom: () => ({ release() {} }),
};
