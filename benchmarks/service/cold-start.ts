/**
 * From the start of the process to its first enrichment: `rapport serve` from `dist` on an empty
 * folder is triggered the moment it says that it listens, and the clock stops when the write arrives
 * at the platform. Sign-in, read and lookup of the way are in it.
 *
 *     npm run bench:start -- [--runs 10] [--platform-ms 40] [--crm-ms 20]
 *
 * The first start of an installation compiles its modules; later ones find them in Node's compile
 * cache. The goal is the later ones' median. The status is 0 when it is met.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { percentile } from '../../src/lib/percentile.ts';
import { textTable } from '../../src/lib/text-table.ts';
import { readFlags } from '../kit/flags.ts';
import { now } from '../kit/instant.ts';
import { machine } from '../kit/machine.ts';
import { rapport } from './contenders/rapport.ts';
import type { Sighting } from '../world/questions.ts';
import { startStage, type Stage } from './stage.ts';
import { triggerAll } from './load/trigger.ts';

const GOAL_MS = 400;
/** How often the world is asked whether it was written to, in milliseconds. */
const LOOK_MS = 25;

/** Milliseconds since the start of the process. */
interface Start {
  readonly listeningMs: number;
  readonly writtenMs: number;
  /** What platform and CRM took of it by themselves: one sign-in, one read, one lookup. */
  readonly worldMs: number;
}

async function start(stage: Stage, conversationId: string): Promise<Start> {
  const folder = await mkdtemp(join(stage.folder, 'start-'));
  const startedAt = now();
  const running = await rapport.start({ world: stage.world, folder });
  const listeningMs = now() - startedAt;
  await triggerAll(running.url, [conversationId], 1);
  const {
    readMs = Number.NaN,
    lookupMs = Number.NaN,
    writtenAt = Number.NaN,
  } = await onceWritten(stage, conversationId);
  await running.end('SIGTERM');
  await rm(folder, { recursive: true });
  // One sign-in and one read, which take the platform equally long, and one lookup.
  return { listeningMs, writtenMs: writtenAt - startedAt, worldMs: 2 * readMs + lookupMs };
}

async function onceWritten({ host }: Stage, conversationId: string): Promise<Sighting> {
  for (;;) {
    const { conversations } = await host.ask('sightings', undefined);
    const seen = conversations.find((each) => each.conversationId === conversationId);
    if (seen?.writtenAt !== undefined) return seen;
    await wait(LOOK_MS);
  }
}

const { numbers } = readFlags({ runs: 10, platformMs: 40, crmMs: 20 }, {});
const circumstances = machine();
await using stage = await startStage({ ...numbers, conversations: numbers.runs + 1 });
process.env['NODE_COMPILE_CACHE'] = join(stage.folder, 'compile-cache');
const starts: Start[] = [];
for (const id of stage.world.conversationIds) starts.push(await start(stage, id));
const [first, ...later] = starts;

const median = (of: (start: Start) => number): number =>
  percentile(later.map(of), 0.5) ?? Number.NaN;
const ms = (value: number | undefined): string => `${(value ?? Number.NaN).toFixed(0)} ms`;
console.log(
  [
    `process start → first enrichment, from dist; platform ${numbers.platformMs} ms, CRM ${numbers.crmMs} ms`,
    circumstances,
    '',
    textTable(
      [
        { title: '' },
        { title: 'first of the installation', align: 'right' },
        { title: `median of ${later.length} later ones`, align: 'right' },
      ],
      [
        ['start → listening', ms(first?.listeningMs), ms(median((each) => each.listeningMs))],
        ['start → write arrives', ms(first?.writtenMs), ms(median((each) => each.writtenMs))],
        ['  of it platform and CRM', ms(first?.worldMs), ms(median((each) => each.worldMs))],
      ],
    ),
    '',
    `all: ${later.map(({ writtenMs }) => writtenMs.toFixed(0)).join(' ')} ms`,
  ].join('\n'),
);
const isMet = median((each) => each.writtenMs) <= GOAL_MS;
console.log(
  `${isMet ? 'met   ' : 'MISSED'}  start → write ≤ ${GOAL_MS} ms: ${ms(median((each) => each.writtenMs))}`,
);
process.exitCode = isMet ? 0 : 1;
