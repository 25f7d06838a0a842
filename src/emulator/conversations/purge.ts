import type { World } from '../world/world.ts';

export interface RetentionSettings {
  /** How long a conversation can be read after its end, in milliseconds. @defaultValue `86_400_000` (assumed) */
  readonly endedForMs: number;
  /** Ended conversations that are kept at most; the oldest go first. @defaultValue `20_000` */
  readonly endedAtMost: number;
}

export const DEFAULT_RETENTION: RetentionSettings = { endedForMs: 86_400_000, endedAtMost: 20_000 };

/** Forgets ended conversations when their time is over. A request for one is then answered 404. */
export function startPurging(world: World, settings: RetentionSettings): Disposable {
  /** When each is to be forgotten, on the monotonic clock; the first to end comes first. */
  const purgeMs = new Map<string, number>();
  let isArmed = false;

  const purge = (): void => {
    const now = world.clock.monotonicMs();
    for (const [id, atMs] of purgeMs) {
      if (atMs > now && purgeMs.size <= settings.endedAtMost) break;
      world.conversations.delete(id);
      purgeMs.delete(id);
    }
  };
  const arm = (): void => {
    const [nextMs] = purgeMs.values();
    isArmed = nextMs !== undefined;
    if (nextMs === undefined) return;
    world.after(nextMs - world.clock.monotonicMs(), () => {
      purge();
      arm();
    });
  };
  const stop = world.listen((event) => {
    if (event.kind === 'cleared') {
      purgeMs.clear();
      isArmed = false;
    }
    if (event.kind !== 'ended') return;
    purgeMs.set(event.conversation.id, world.clock.monotonicMs() + settings.endedForMs);
    purge();
    if (!isArmed) arm();
  });
  return { [Symbol.dispose]: stop };
}
