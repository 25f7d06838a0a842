import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../support/postgres.ts';
import { TEST_MS } from '../../support/patience.ts';
import { FAST, isSoak, SEED } from '../../support/soak.ts';
import type { Child } from '../child-process.ts';
import { of } from '../history.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { ServiceRig } from './service-rig.ts';
import { SERVICE_KILL_POINTS, type KillAt } from '../wire.ts';

/** Services that are killed per store: a sample at every run, the whole of it in the soak. */
const KILLS = isSoak ? Number(process.env['RAPPORT_KILLS'] ?? 200) : 1;
const timeout = isSoak ? 3_600_000 : TEST_MS;

const random = seededRandom(SEED);

/** Named points and moments of nobody's choosing, in turn. */
function nextDeath(i: number): KillAt | undefined {
  if (i % 5 === 4) return undefined;
  const point = SERVICE_KILL_POINTS[Math.floor(random() * SERVICE_KILL_POINTS.length)];
  return { point: point ?? 'accept.sent', nth: 1 + Math.floor(random() * 5) };
}

/** How often everything is stirred before a process is killed that does not come to its point. */
const MOST_STIRS = 300;

/** Keeps everything going until the process is dead. */
async function stirToDeath(rig: ServiceRig, child: Child, signal: AbortSignal): Promise<void> {
  for (let n = 0; child.isAlive; n++) {
    signal.throwIfAborted();
    rig.stir();
    // The one that listens does what the others never do.
    if (n === MOST_STIRS) child.signal('SIGKILL');
    await Promise.race([child.exited, delay(5)]);
  }
  await child.exited;
}

async function killOneAfterAnother(rig: ServiceRig, kills: number, signal: AbortSignal) {
  for (let i = 0; i < kills; i++) {
    const death = nextDeath(i);
    const child = await rig.spawn(death);
    if (death === undefined) void delay(20 + random() * 300).then(() => child.signal('SIGKILL'));
    await stirToDeath(rig, child, signal);
  }
}

/** The first call is taken before anything dies: a ledger that is empty has missed nothing. */
async function begin(rig: ServiceRig, signal: AbortSignal): Promise<Child> {
  const child = await rig.spawn();
  rig.wish(rig.callIn(), 'enrich');
  await rig.settle(signal);
  return child;
}

describe(`services killed at any point (RAPPORT_SEED=${SEED})`, () => {
  it('lose nothing and write nothing twice on SQLite', { timeout }, async ({ signal }) => {
    const folder = await mkdtemp(join(tmpdir(), 'rapport-service-'));
    {
      const store = `sqlite:${join(folder, 'ledger.db')}`;
      await using rig = await ServiceRig.start({ store, random });
      const first = await begin(rig, signal);
      first.signal('SIGKILL');
      await first.exited;
      await killOneAfterAnother(rig, KILLS, signal);
      await rig.spawn();
      await rig.settle(signal);
      const { faults } = await rig.verdict();
      expect(faults).toEqual([]);
      expect(of(rig.history, 'killed')).toHaveLength(KILLS + 1);
      expect(of(rig.history, 'acknowledged').length).toBeGreaterThan(KILLS);
    }
    await rm(folder, { recursive: true });
  });

  it.runIf(isSoak)(
    'lose nothing and write nothing twice on PostgreSQL',
    { timeout },
    async ({ signal }) => {
      await using database = await createTestDatabase();
      await using rig = await ServiceRig.start({ store: database.url, random, timing: FAST });
      const first = await begin(rig, signal);
      first.signal('SIGKILL');
      await killOneAfterAnother(rig, KILLS, signal);
      await rig.spawn();
      await rig.settle(signal);
      const { faults } = await rig.verdict();
      expect(faults).toEqual([]);
    },
  );

  it.runIf(isSoak)(
    'are replaced by the other two of three instances',
    { timeout },
    async ({ signal }) => {
      await using database = await createTestDatabase();
      await using rig = await ServiceRig.start({ store: database.url, random, timing: FAST });
      const sleeper = await begin(rig, signal);
      await rig.spawn();
      await killOneAfterAnother(rig, Math.ceil(KILLS / 2), signal);
      // One more falls silent for longer than its lease, and wakes up believing that it holds it.
      for (let i = 0; i < (isSoak ? 20 : 1); i++) {
        const asleep = rig.freeze(sleeper, 1_500);
        for (let n = 0; n < 30; n++) {
          rig.stir();
          await delay(10);
        }
        await asleep;
      }
      await rig.settle(signal);
      const { faults } = await rig.verdict();
      expect(faults).toEqual([]);
    },
  );
});
