import { LRUCache } from 'lru-cache';
import type { Clock } from '../../lib/clock.ts';

/** Wrong keys that one address may try in a minute before only right ones are listened to. */
const MAX_WRONG_PER_MINUTE = 30;
/** Addresses that are remembered; beyond it, the one goes first that tried nothing for the longest time. */
const MAX_ADDRESSES = 10_000;
/** As long as wrong keys are counted against an address, in milliseconds. */
export const WRONG_KEYS_MS = 60_000;

/** Told of how a key that was tried turned out. */
export interface Trial {
  end(isWrong: boolean): void;
}

export interface Trials {
  /**
   * Lets a key be tried; undefined when too many wrong ones came from there. As many are tried at
   * once as may still be wrong: the others wait, since a burst may be of agents behind one proxy.
   */
  begin(address: string): Promise<Trial | undefined>;
}

interface Address {
  wrong: number;
  sinceMs: number;
  trying: number;
  readonly waiting: (() => void)[];
}

export function createTrials(clock: Clock): Trials {
  const byAddress = new LRUCache<string, Address>({ max: MAX_ADDRESSES });
  const recall = (address: string): Address => {
    const known = byAddress.get(address);
    if (known === undefined) {
      const added = { wrong: 0, sinceMs: clock.monotonicMs(), trying: 0, waiting: [] };
      byAddress.set(address, added);
      return added;
    }
    if (clock.monotonicMs() - known.sinceMs >= WRONG_KEYS_MS) {
      known.wrong = 0;
      known.sinceMs = clock.monotonicMs();
    }
    return known;
  };
  return {
    async begin(address) {
      for (;;) {
        const known = recall(address);
        if (known.wrong >= MAX_WRONG_PER_MINUTE) return undefined;
        if (known.wrong + known.trying < MAX_WRONG_PER_MINUTE) return createTrial(known);
        await new Promise<void>((resolve) => known.waiting.push(resolve));
      }
    },
  };
}

function createTrial(address: Address): Trial {
  address.trying += 1;
  return {
    end(isWrong) {
      address.trying -= 1;
      if (isWrong) address.wrong += 1;
      const isOver = address.wrong >= MAX_WRONG_PER_MINUTE;
      const free = MAX_WRONG_PER_MINUTE - address.wrong - address.trying;
      for (const resume of address.waiting.splice(0, isOver ? Infinity : free)) resume();
    },
  };
}
