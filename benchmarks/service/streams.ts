/**
 * Thousands of open streams on the full service: `rapport serve` from `dist`, one stream of
 * server-sent events per live conversation, each over its own socket with its own one-use ticket, and
 * a few of all conversations. Then every conversation is enriched, and every event is counted.
 *
 *     npm run bench:streams -- [--streams 5000] [--all 10] [--rate 100] [--platform-ms 40] [--crm-ms 20]
 *
 * Both sides need a file descriptor per stream: a hard limit (`ulimit -Hn`) of the streams and 500
 * more; Node raises the soft one itself. The status is 0 when every reader got every event of its
 * conversation in order, and nobody was cut off.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { readFlags } from '../kit/flags.ts';
import { machine } from '../kit/machine.ts';
import { usageOf, watchMemory } from '../kit/usage.ts';
import type { Running } from './contenders/contender.ts';
import { rapport } from './contenders/rapport.ts';
import { drained, startStage, type Stage } from './stage.ts';
import { openStreams, type StreamReader } from './load/stream-readers.ts';
import { triggerAll } from './load/trigger.ts';

/** What is on its way is given this long. */
const SETTLE_MS = 2000;

const { numbers } = readFlags({ streams: 5000, all: 10, rate: 100, platformMs: 40, crmMs: 20 }, {});

interface Seen {
  readonly idleMiB: number;
  readonly openMiB: number;
  readonly mostMiB: number;
  readonly endMiB: number;
  readonly openSeconds: number;
  readonly cpuSeconds: number;
  readonly readers: readonly StreamReader[];
  readonly refused: number;
}

async function observe({ url, pid }: Running, stage: Stage): Promise<Seen> {
  const { conversationIds } = stage.world;
  const idle = await usageOf(pid);
  const openedAt = performance.now();
  const forAll = Array.from({ length: numbers.all }, () => undefined);
  const readers = await openStreams(url, [...conversationIds, ...forAll]);
  const openSeconds = (performance.now() - openedAt) / 1000;
  await wait(SETTLE_MS);
  const open = await usageOf(pid);
  using memory = watchMemory(pid);
  const { refused } = await triggerAll(url, conversationIds, numbers.rate);
  await drained(stage);
  await wait(SETTLE_MS);
  const busy = await usageOf(pid);
  const mostMiB = Math.max(...memory.samplesMiB);
  for (const reader of readers) reader.close();
  await wait(SETTLE_MS);
  const end = await usageOf(pid);
  return {
    idleMiB: idle.residentMiB,
    openMiB: open.residentMiB,
    mostMiB,
    endMiB: end.residentMiB,
    openSeconds,
    cpuSeconds: busy.cpuSeconds - open.cpuSeconds,
    readers,
    refused,
  };
}

function report(seen: Seen): boolean {
  const one = seen.readers.filter(({ conversationId }) => conversationId !== undefined);
  const all = seen.readers.filter(({ conversationId }) => conversationId === undefined);
  const events = sum(one, (reader) => reader.events);
  const delivered = events + sum(all, (reader) => reader.events);
  const expected = events * (1 + all.length);
  const disorder = sum(seen.readers, (reader) => reader.outOfOrder);
  const silent = one.filter((reader) => reader.events === 0).length;
  const perStreamKiB = ((seen.openMiB - seen.idleMiB) * 1024) / seen.readers.length;
  console.log(
    [
      `${one.length} streams of one conversation each and ${all.length} of all, opened in ${seen.openSeconds.toFixed(1)} s; then ${one.length} enrichments at ${numbers.rate}/s`,
      circumstances,
      '',
      `resident                  ${mib(seen.idleMiB)} before, ${mib(seen.openMiB)} with all open: ${perStreamKiB.toFixed(1)} KiB a stream`,
      `resident, then            ${mib(seen.mostMiB)} at most while events flowed, ${mib(seen.endMiB)} after all were closed`,
      `events delivered          ${delivered} of ${expected}; out of order or missing ${disorder}, readers without any ${silent}`,
      `CPU                       ${seen.cpuSeconds.toFixed(1)} s for ${one.length} enrichments and ${delivered} events`,
      `triggers refused          ${seen.refused}`,
    ].join('\n'),
  );
  return delivered === expected && disorder + silent + seen.refused === 0;
}

const sum = (readers: readonly StreamReader[], of: (reader: StreamReader) => number): number =>
  readers.reduce((total, reader) => total + of(reader), 0);
const mib = (value: number): string => `${value.toFixed(0)} MiB`;

const circumstances = machine();
await using stage = await startStage({ ...numbers, conversations: numbers.streams });
const running = await rapport.start(stage);
try {
  const isGood = report(await observe(running, stage));
  console.log(isGood ? '\nmet' : '\nMISSED');
  process.exitCode = isGood ? 0 : 1;
} finally {
  await running.end('SIGTERM');
}
