import type { FastifyRequest } from 'fastify';
import { networkOf } from './network-of.ts';

/** `known`: whoever sends it has proved who they are; `unknown`: they have not, or not yet. */
export type Caller = 'known' | 'unknown';

type Request = Pick<FastifyRequest, 'ip'>;

export interface UnderWay {
  /** False when too many of that kind are under way already. */
  enter(request: Request, caller: Caller): boolean;
  /** Counts a request whose caller has been found out with those of known ones, if it has not left. */
  toKnown(request: Request): void;
  leave(request: Request): void;
}

/**
 * Counts the requests under way, up to a number of each kind. Two counts, since anybody may send the
 * body of an event a byte at a time, and must not take the places of those who have a key. Nor may one
 * address take all that there are for the others: half of them, since behind a proxy all have its address.
 */
export function createUnderWay(max: number): UnderWay {
  const maxOfNetwork = Math.ceil(max / 2);
  const left = new WeakMap<Request, () => void>();
  let known = 0;
  let unknown = 0;
  const byNetwork = new Map<string, number>();
  const leave = (request: Request): void => {
    left.get(request)?.();
    left.delete(request);
  };
  const enterKnown = (request: Request): void => {
    known += 1;
    left.set(request, () => {
      known -= 1;
    });
  };
  const enterUnknown = (request: Request, network: string): void => {
    unknown += 1;
    byNetwork.set(network, (byNetwork.get(network) ?? 0) + 1);
    left.set(request, () => {
      unknown -= 1;
      const others = (byNetwork.get(network) ?? 1) - 1;
      if (others > 0) byNetwork.set(network, others);
      else byNetwork.delete(network);
    });
  };
  return {
    enter(request, caller) {
      if (caller === 'known') {
        if (known >= max) return false;
        enterKnown(request);
        return true;
      }
      const network = networkOf(request.ip);
      if (unknown >= max || (byNetwork.get(network) ?? 0) >= maxOfNetwork) return false;
      enterUnknown(request, network);
      return true;
    },
    toKnown(request) {
      // Who has hung up while it was asked has left.
      if (!left.has(request)) return;
      leave(request);
      enterKnown(request);
    },
    leave,
  };
}
