import { usageOf, watchMemory, watchOthers } from '../../kit/usage.ts';
import type { Contender, Running } from '../contenders/contender.ts';
import { figuresOf, type Figures } from '../figures/figures.ts';
import { drained, startStage, type Stage } from '../stage.ts';
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

export interface Measurement {
  readonly figures: Figures;
  /** What it had on the disk afterwards, warm-up included. */
  readonly kept: string | undefined;
}

/** A world, a contender in it, and what it does under the load. */
export async function measure(contender: Contender, load: Load): Promise<Measurement> {
  const { rate, seconds, warmUp, platformMs, crmMs } = load;
  const conversations = rate * (warmUp + seconds);
  await using stage = await startStage({ conversations, platformMs, crmMs });
  const running = await contender.start(stage);
  try {
    const figures = await underLoad(running, stage, load);
    await running.end('SIGTERM');
    return { figures, kept: contender.kept?.(stage.folder) };
  } finally {
    await running.end('SIGKILL');
  }
}

async function underLoad({ url, pid }: Running, stage: Stage, load: Load): Promise<Figures> {
  const { conversationIds } = stage.world;
  const warmUp = load.rate * load.warmUp;
  await triggerAll(url, conversationIds.slice(0, warmUp), load.rate);
  await drained(stage);
  const { otherRequests: otherBefore } = await stage.host.ask('sightings', undefined);
  const before = await usageOf(pid);
  const others = await watchOthers([pid, stage.host.pid, process.pid]);
  using memory = watchMemory(pid);
  const triggers = await triggerAll(url, conversationIds.slice(warmUp), load.rate);
  const residentMiB = memory.samplesMiB.slice();
  const otherCores = await others();
  await drained(stage);
  const after = await usageOf(pid);
  const { conversations, otherRequests } = await stage.host.ask('sightings', undefined);
  return figuresOf({
    triggers,
    sightings: conversations.filter(({ conversationId }) => triggers.sentAt.has(conversationId)),
    otherRequests: otherRequests - otherBefore,
    cpuSeconds: after.cpuSeconds - before.cpuSeconds,
    residentMiB,
    otherCores,
  });
}
