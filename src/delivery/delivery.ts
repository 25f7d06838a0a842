import { Agent, type Dispatcher } from 'undici';
import { createDeadline } from '../lib/abort.ts';
import type { Clock } from '../lib/clock.ts';
import { silentLog, type Log } from '../lib/log.ts';
import type { Outbox } from '../ledger/outbox/outbox.ts';
import { DestinationSender, type DestinationState } from './destination-sender.ts';
import type { DestinationOptions } from './options.ts';

export interface DeliveryDeps {
  readonly clock: Clock;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  readonly outbox: Pick<Outbox, 'claim' | 'settle' | 'onWaiting'>;
  readonly log?: Log | undefined;
  /** Carries the posts; without one they get their own pool of connections. */
  readonly dispatcher?: Dispatcher | undefined;
}

export interface DrainOptions {
  /** Longest wait, in milliseconds. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Where messages go, by the name under which they stand in the outbox. */
type Destinations = Readonly<Record<string, DestinationOptions>>;

/** Sends what the outbox holds. Dispose it before the ledger: what is in flight is finished or given back. */
export interface Delivery extends AsyncDisposable {
  /**
   * Waits until nothing is waiting that could be sent within the time. True when the outbox is
   * empty then, false when messages are left for a later run. Rejects with the signal's reason.
   */
  drain(options: DrainOptions): Promise<boolean>;
  /** Sends to a destination again that had said 410. False when it was not disabled. */
  enable(destination: string): boolean;
  /**
   * Sends to these from now on. One that stays as it was goes on; of any other, posts in flight are
   * finished, and what waits for a name that is gone stays in the outbox.
   */
  replace(destinations: Destinations): void;
  /** State of every destination, by name, for health pages and metrics. */
  states(): ReadonlyMap<string, DestinationState>;
}

/** Longest wait for a connection, in milliseconds of real time; a post's own time-out is usually longer. */
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Starts one sender for each destination. They share nothing but the outbox, so a destination
 * that is slow or dead holds back nobody else's messages.
 */
export function startDelivery(destinations: Destinations, deps: DeliveryDeps): Delivery {
  // A dispatcher that was given belongs to the giver; one of our own is closed with us.
  const own = deps.dispatcher === undefined ? openAgent() : undefined;
  const dispatcher = deps.dispatcher ?? own ?? openAgent();
  const senders = new Map<string, DestinationSender>();
  const ending = new Set<Promise<void>>();
  const end = (name: string, sender: DestinationSender): void => {
    senders.delete(name);
    const ended: Promise<void> = sender[Symbol.asyncDispose]().finally(() => ending.delete(ended));
    ending.add(ended);
  };
  const replace = (next: Destinations): void => {
    for (const [name, sender] of senders) if (!sender.isFor(next[name])) end(name, sender);
    for (const [name, options] of Object.entries(next)) {
      if (senders.has(name)) continue;
      const log = deps.log ?? silentLog;
      senders.set(name, new DestinationSender(name, options, { ...deps, log, dispatcher }));
    }
    for (const sender of senders.values()) sender.wake();
  };
  const stopListening = deps.outbox.onWaiting(() => {
    for (const sender of senders.values()) sender.wake();
  });
  replace(destinations);
  return {
    replace,
    async drain({ timeoutMs, signal }) {
      using deadline = createDeadline(deps.clock, timeoutMs, signal);
      const endMs = deps.clock.monotonicMs() + timeoutMs;
      const drained = [...senders.values()].map((sender) => sender.drain(endMs, deadline.signal));
      const isEmpty = await Promise.all(drained);
      signal.throwIfAborted();
      return isEmpty.every(Boolean);
    },
    enable: (destination) => senders.get(destination)?.enable() ?? false,
    states: () => new Map([...senders].map(([name, sender]) => [name, sender.state])),
    async [Symbol.asyncDispose]() {
      stopListening();
      for (const [name, sender] of senders) end(name, sender);
      await Promise.all(ending);
      await own?.destroy();
    },
  };
}

/** undici's own time-outs follow the machine's clock; ours is the post's deadline. */
function openAgent(): Agent {
  return new Agent({ headersTimeout: 0, bodyTimeout: 0, connect: { timeout: CONNECT_TIMEOUT_MS } });
}
