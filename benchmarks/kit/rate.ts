import { setTimeout as wait } from 'node:timers/promises';
import { now } from './instant.ts';

export interface Rate {
  readonly perSecond: number;
  readonly count: number;
}

/**
 * Calls `send` on a fixed schedule that waits for no answer, and resolves when all have come. A call
 * is told when it was due: a sender that is late itself sees by how much.
 */
export async function atRate(
  { perSecond, count }: Rate,
  send: (index: number, dueAt: number) => Promise<void>,
): Promise<void> {
  const startedAt = now();
  const dueAt = (index: number): number => startedAt + (index / perSecond) * 1000;
  const open = new Set<Promise<void>>();
  for (let next = 0; next < count;) {
    for (; next < count && dueAt(next) <= now(); next += 1) {
      const sending = send(next, dueAt(next));
      open.add(sending);
      // A rejection is left to `Promise.all`.
      void sending.finally(() => open.delete(sending)).catch(() => undefined);
    }
    await wait(Math.max(1, Math.floor(dueAt(next) - now())));
  }
  await Promise.all(open);
}
