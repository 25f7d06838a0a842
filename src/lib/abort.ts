import type { Clock } from './clock.ts';

/** The reason of a signal that a deadline aborted. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
  readonly timeoutMs: number;

  constructor(timeoutMs: number) {
    super(`no answer within ${timeoutMs} ms`);
    this.timeoutMs = timeoutMs;
  }
}

/**
 * Settles as `work` does, or rejects with the signal's reason as soon as it aborts. The work itself
 * must watch the signal too, where it can be stopped; what becomes of it later is dropped.
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

/** What several signals say together, until it is disposed. */
export interface JoinedSignal extends Disposable {
  readonly signal: AbortSignal;
}

/**
 * A signal that aborts with the reason of the first of these that does. `AbortSignal.any` does the
 * same and is let go by the collector, which costs many times as much; this is let go by disposing it.
 */
export function joinSignals(...signals: readonly (AbortSignal | undefined)[]): JoinedSignal {
  const controller = new AbortController();
  const letGo: (() => void)[] = [];
  for (const signal of signals) {
    if (signal === undefined) continue;
    const onAbort = (): void => controller.abort(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    letGo.push(() => signal.removeEventListener('abort', onAbort));
  }
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      for (const each of letGo) each();
    },
  };
}

export interface Deadline extends Disposable {
  readonly signal: AbortSignal;
}

/**
 * A signal that aborts with `TimeoutError` after `timeoutMs` of the given clock, or with the
 * parent's reason as soon as the parent aborts. Dispose it when the work is done: that stops the
 * timer and lets go of the parent.
 */
export function createDeadline(clock: Clock, timeoutMs: number, parent?: AbortSignal): Deadline {
  const controller = new AbortController();
  const onParentAbort = (): void => controller.abort(parent?.reason);
  const timer = clock.timer(timeoutMs, () => controller.abort(new TimeoutError(timeoutMs)));
  if (parent?.aborted === true) onParentAbort();
  parent?.addEventListener('abort', onParentAbort, { once: true });
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      timer.cancel();
      parent?.removeEventListener('abort', onParentAbort);
    },
  };
}
