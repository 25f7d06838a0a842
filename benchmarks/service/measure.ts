import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Host } from '../kit/host.ts';
import { usageOf, watchMemory } from '../kit/usage.ts';
import type { Sightings, World, WorldQuestions } from '../world/questions.ts';
import type { Contender, Running } from './contender.ts';
import { figuresOf, type Figures } from './figures.ts';
import { triggerAll } from './trigger.ts';

export interface Load {
  /** Triggers per second. */
  readonly rate: number;
  readonly seconds: number;
  /** Before anything counts, until the compiler has seen enough. */
  readonly warmUp: number;
  readonly platformMs: number;
  readonly crmMs: number;
}

/** Nothing is under way once the platform was not asked for this long, proof included. */
const QUIET_MS = 1500;
const MOST_DRAIN_MS = 60_000;

/** A world, a contender in it, and what it does under the load. */
export async function measure(contender: Contender, load: Load): Promise<Figures> {
  const folder = await mkdtemp(join(tmpdir(), 'rapport-bench-'));
  const host = new Host<WorldQuestions>(new URL('../world/world-host.ts', import.meta.url));
  let running: Running | undefined;
  try {
    const { platformMs, crmMs } = load;
    const conversations = load.rate * (load.warmUp + load.seconds);
    const world = await host.ask('start', { conversations, platformMs, crmMs });
    running = await contender.start({ world, folder });
    return await underLoad(running, { host, world, load });
  } finally {
    await running?.end('SIGTERM');
    await host[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Scene {
  readonly host: Host<WorldQuestions>;
  readonly world: World;
  readonly load: Load;
}

async function underLoad(running: Running, { host, world, load }: Scene): Promise<Figures> {
  const warmUp = load.rate * load.warmUp;
  await triggerAll(running.url, world.conversationIds.slice(0, warmUp), load.rate);
  await drained(host);
  const otherBefore = (await host.ask('sightings', undefined)).otherRequests;
  const before = await usageOf(running.pid);
  using memory = watchMemory(running.pid);
  const triggers = await triggerAll(running.url, world.conversationIds.slice(warmUp), load.rate);
  const residentMiB = memory.samplesMiB.slice();
  await drained(host);
  const after = await usageOf(running.pid);
  const seen: Sightings = await host.ask('sightings', undefined);
  return figuresOf({
    triggers,
    sightings: seen.conversations.filter(({ conversationId }) =>
      triggers.sentAt.has(conversationId),
    ),
    otherRequests: seen.otherRequests - otherBefore,
    cpuSeconds: after.cpuSeconds - before.cpuSeconds,
    residentMiB,
  });
}

/** Waits until a contender asks the platform nothing more. */
export async function drained(host: Host<WorldQuestions>): Promise<void> {
  const deadline = performance.now() + MOST_DRAIN_MS;
  while ((await host.ask('quietForMs', undefined)) < QUIET_MS) {
    if (performance.now() > deadline) return;
    await wait(100);
  }
}
