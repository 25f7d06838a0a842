import { OPEN_STATES, type AttributeState } from '../../domain/outcome.ts';
import { createDeadline } from '../../lib/abort.ts';
import { sleep, type Clock } from '../../lib/clock.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { toVerdict } from '../../writeback/advice.ts';
import type { HttpRooms, Wait } from '../http/rooms.ts';

/** How often it is looked, should a hint from another instance be lost; in milliseconds. */
const LOOK_MS = 1000;

/** What was applied may still come to be visible. */
const WAITED_FOR: ReadonlySet<AttributeState> = new Set([...OPEN_STATES, 'applied']);

type Watched = Pick<Ledger, 'request' | 'find' | 'onFeed'>;

/** Waits for a request's outcome, woken by the conversation's feed. */
export function createWait(ledger: Watched, clock: Clock): HttpRooms['waitFor'] {
  return async (wait) => {
    using deadline = createDeadline(clock, wait.timeoutMs, wait.signal);
    const { signal } = deadline;
    let news = Promise.withResolvers<void>();
    const stop = ledger.onFeed((id) => {
      if (id === wait.conversationId) news.resolve();
    });
    try {
      while (!signal.aborted) {
        news = Promise.withResolvers<void>();
        const found = await look(ledger, wait);
        if (found !== undefined) return found;
        await pause(clock, news.promise, signal);
      }
      return undefined;
    } finally {
      stop();
    }
  };
}

async function look(ledger: Watched, wait: Wait): Promise<unknown> {
  const request = await ledger.request(wait.enrichmentId);
  if (request?.outcome === undefined) return undefined;
  const known = await ledger.find(wait.conversationId);
  const entries = known?.entries ?? [];
  const isOpen = entries.some(({ state }) => WAITED_FOR.has(state));
  if (wait.until === 'visible' && isOpen) return undefined;
  return { ...request.outcome.summary, keys: entries.map(toVerdict) };
}

/** Until there is news, a while has passed, or it is over; leaves no timer. */
async function pause(clock: Clock, news: Promise<void>, signal: AbortSignal): Promise<void> {
  const awake = new AbortController();
  const resting = sleep(clock, LOOK_MS, AbortSignal.any([awake.signal, signal]));
  await Promise.race([news, resting.catch(() => undefined)]);
  awake.abort();
}
