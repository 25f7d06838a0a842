import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Host } from '../kit/host.ts';
import type { World, WorldOrder, WorldQuestions } from '../world/questions.ts';

/** A world and an empty folder, for as long as a measurement takes. */
export interface Stage extends AsyncDisposable {
  readonly host: Host<WorldQuestions>;
  readonly world: World;
  readonly folder: string;
}

export async function startStage(order: WorldOrder): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'rapport-bench-'));
  const host = new Host<WorldQuestions>(new URL('../world/world-host.ts', import.meta.url));
  return {
    host,
    world: await host.ask('start', order),
    folder,
    async [Symbol.asyncDispose]() {
      await host[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Nothing is under way once the platform was not asked for this long, proof included; longer than the
 * two seconds that a turn taken over from a dead process waits before it writes.
 */
const QUIET_MS = 3000;
const MOST_DRAIN_MS = 60_000;

/** Waits until the platform is asked nothing more. */
export async function drained({ host }: Pick<Stage, 'host'>): Promise<void> {
  const deadline = performance.now() + MOST_DRAIN_MS;
  while ((await host.ask('quietForMs', undefined)) < QUIET_MS) {
    if (performance.now() > deadline) return;
    await wait(100);
  }
}
