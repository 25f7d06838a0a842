/** A pool's connection, while one query has it. */
export interface BorrowedConnection {
  begin(): Promise<unknown>;
  /** Hands row after row on; false when no more are wanted and the rest is still on its way. */
  stream(): Promise<boolean>;
  commit(): Promise<unknown>;
  giveBack(): void;
  /** Closes the connection. That stops the waiting at once; the server notices, or its own time-out ends the query. */
  cut(): void;
}

/** Runs one query in a read-only transaction, and gives the connection back only if nothing is left on it. */
export async function runReadOnly(
  connection: BorrowedConnection,
  signal: AbortSignal,
): Promise<void> {
  const cut = (): void => connection.cut();
  if (signal.aborted) cut();
  signal.throwIfAborted();
  signal.addEventListener('abort', cut, { once: true });
  try {
    await connection.begin();
    const isWhole = await connection.stream();
    if (!isWhole) {
      cut();
      return;
    }
    await connection.commit();
    if (!signal.aborted) connection.giveBack();
  } catch (error) {
    signal.throwIfAborted();
    // A connection in a failed transaction is cheaper to replace than to reason about.
    cut();
    throw error;
  } finally {
    signal.removeEventListener('abort', cut);
  }
}
