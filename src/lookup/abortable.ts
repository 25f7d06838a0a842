/**
 * Settles as `work` does, or rejects with the signal's reason as soon as it aborts. The work
 * itself must watch the signal too, where it can be stopped; what becomes of it later is dropped.
 */
export function abortable<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    const letGo = (): void => signal.removeEventListener('abort', onAbort);
    void work.then(resolve, reject).finally(letGo);
  });
}
