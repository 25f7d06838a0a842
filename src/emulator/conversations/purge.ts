import type { World } from '../world/world.ts';

export interface RetentionSettings {
  /** How long a conversation can be read after its end, in milliseconds. @defaultValue `86_400_000` (assumed) */
  readonly endedForMs: number;
  /** Ended conversations that are kept at most; the oldest go first. @defaultValue `20_000` */
  readonly endedAtMost: number;
}

export const DEFAULT_RETENTION: RetentionSettings = { endedForMs: 86_400_000, endedAtMost: 20_000 };

interface Ended {
  readonly id: string;
  readonly purgeMs: number;
}

/** Forgets ended conversations when their time is over: then they are as unknown as any other id. */
export function startPurging(world: World, settings: RetentionSettings): Disposable {
  // `head` moves through it, and what is behind is cut off at times: `shift` moves every entry,
  // and many thousands wait in a load test.
  let queue: Ended[] = [];
  let head = 0;
  let isArmed = false;

  const purge = (): void => {
    const now = world.clock.monotonicMs();
    while (head < queue.length) {
      const next = queue[head];
      const isOver = queue.length - head > settings.endedAtMost;
      if (next === undefined || (next.purgeMs > now && !isOver)) break;
      world.conversations.delete(next.id);
      head += 1;
    }
    if (head > 1000 && head * 2 > queue.length) {
      queue = queue.slice(head);
      head = 0;
    }
  };
  const arm = (): void => {
    const next = queue[head];
    isArmed = next !== undefined;
    if (next === undefined) return;
    world.after(next.purgeMs - world.clock.monotonicMs(), () => {
      purge();
      arm();
    });
  };
  const stop = world.listen((event) => {
    if (event.kind === 'cleared') {
      queue = [];
      head = 0;
      isArmed = false;
    }
    if (event.kind !== 'ended') return;
    const purgeMs = world.clock.monotonicMs() + settings.endedForMs;
    queue.push({ id: event.conversation.id, purgeMs });
    purge();
    if (!isArmed) arm();
  });
  return { [Symbol.dispose]: stop };
}
