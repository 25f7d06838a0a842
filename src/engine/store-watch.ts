import { messageOf } from '../domain/errors.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { sleep, type Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';

/** How often a store is tried that nobody else writes to, and one that refused, in milliseconds. */
const IDLE_MS = 5_000;
const TROUBLED_MS = 1_000;

export interface StoreWatchOptions {
  readonly ledger: Pick<Ledger, 'probe' | 'trouble' | 'leases'>;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Keeps what is known of the store true while no work goes through it: a disk that is full is told
 * of before the first request is refused, and one that has room again makes the service ready again.
 * Where instances beat, the beats do that.
 */
export function watchStore({ ledger, clock, log }: StoreWatchOptions): AsyncDisposable {
  const stop = new AbortController();
  const watch = async (): Promise<void> => {
    let known: string | undefined;
    while (!stop.signal.aborted) {
      const waitMs = ledger.trouble === undefined ? IDLE_MS : TROUBLED_MS;
      await sleep(clock, waitMs, stop.signal).catch(() => undefined);
      if (stop.signal.aborted) return;
      await ledger.probe().catch((error: unknown) => {
        log.debug('ledger.probe-failed', { reason: messageOf(error) });
      });
      const { trouble } = ledger;
      if (trouble === known) continue;
      known = trouble;
      if (trouble === undefined) log.info('ledger.writable-again');
      else log.error('ledger.not-writable', { reason: trouble });
    }
  };
  const watching = ledger.leases === 'process' ? watch() : Promise.resolve();
  return {
    async [Symbol.asyncDispose]() {
      stop.abort(new Error('the service stops'));
      await watching;
    },
  };
}
