import type { FastifyRequest } from 'fastify';

/** `known`: whoever sends it has proved who they are; `unknown`: they have not, or not yet. */
export type Caller = 'known' | 'unknown';

export interface UnderWay {
  /** False when too many of that kind are under way already. */
  enter(request: FastifyRequest, caller: Caller): boolean;
  /** Counts a request whose caller has been found out with those of known ones. */
  toKnown(request: FastifyRequest): void;
  leave(request: FastifyRequest): void;
}

/**
 * Counts the requests under way, up to a number of each kind. Two counts, since anybody may send the
 * body of an event a byte at a time, and must not take the places of those who have a key.
 */
export function createUnderWay(max: number): UnderWay {
  const callers = new WeakMap<FastifyRequest, Caller>();
  const counts: Record<Caller, number> = { known: 0, unknown: 0 };
  const leave = (request: FastifyRequest): void => {
    const caller = callers.get(request);
    if (caller === undefined) return;
    callers.delete(request);
    counts[caller] -= 1;
  };
  const count = (request: FastifyRequest, caller: Caller): void => {
    callers.set(request, caller);
    counts[caller] += 1;
  };
  return {
    enter(request, caller) {
      if (counts[caller] >= max) return false;
      count(request, caller);
      return true;
    },
    toKnown(request) {
      leave(request);
      count(request, 'known');
    },
    leave,
  };
}
