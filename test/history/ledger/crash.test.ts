import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../support/postgres.ts';
import { TEST_MS } from '../../support/patience.ts';
import { FAST, isSoak, SEED } from '../../support/soak.ts';
import { check } from '../checker.ts';
import type { Child } from '../child-process.ts';
import { readLedgerAt } from '../final-state.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { StubRig } from './stub-rig.ts';
import { checkStubTurns } from './stub-turn.ts';
import { STUB_KILL_POINTS, type KillAt } from '../wire.ts';

/** Processes that are killed per store: a sample at every run, the whole of it in the soak. */
const KILLS = isSoak ? 200 : 2;
const timeout = isSoak ? 3_600_000 : TEST_MS;

const random = seededRandom(SEED);

/** Named points and moments of nobody's choosing, in turn. */
function nextDeath(i: number): KillAt | 'any moment' {
  if (i % 4 === 3) return 'any moment';
  const point = STUB_KILL_POINTS[Math.floor(random() * STUB_KILL_POINTS.length)] ?? 'accept.sent';
  return { point, nth: 1 + Math.floor(random() * 4) };
}

/** Keeps asking one child until it is dead. */
async function workToDeath(
  rig: StubRig,
  child: Child,
  death: 'any moment' | object,
  signal: AbortSignal,
): Promise<void> {
  if (death === 'any moment') {
    void delay(5 + random() * 120).then(() => child.signal('SIGKILL'));
  }
  while (child.isAlive) {
    signal.throwIfAborted();
    rig.ask(child, 3);
    await Promise.race([child.exited, delay(10)]);
  }
  await child.exited;
}

/** What the checker has to say once everything is worked off. */
async function verdictOf(rig: StubRig, store: string, signal: AbortSignal): Promise<string[]> {
  await rig.settle(signal);
  for (const child of rig.children) if (child.isAlive) await child.stop();
  expect(rig.history.filter((event) => event.kind === 'acknowledged').length).toBeGreaterThan(0);
  const state = await readLedgerAt(store);
  return [
    ...check(rig.history, state),
    ...checkStubTurns(state, (conversationId) => rig.attributesOf(conversationId)),
  ];
}

async function killOneAfterAnother(
  rig: StubRig,
  kills: number,
  signal: AbortSignal,
): Promise<void> {
  for (let i = 0; i < kills; i++) {
    const death = nextDeath(i);
    const child = await rig.spawn(death === 'any moment' ? undefined : death);
    await workToDeath(rig, child, death, signal);
  }
}

describe(`processes killed at any point (RAPPORT_SEED=${SEED})`, () => {
  it('lose nothing and do nothing twice on SQLite', { timeout }, async ({ signal }) => {
    const folder = await mkdtemp(join(tmpdir(), 'rapport-crash-'));
    const store = `sqlite:${join(folder, 'ledger.db')}`;
    {
      await using rig = await StubRig.start({ store, random });
      await killOneAfterAnother(rig, KILLS, signal);
      await rig.spawn();
      expect(await verdictOf(rig, store, signal)).toEqual([]);
      expect(rig.history.filter((event) => event.kind === 'killed')).toHaveLength(KILLS);
    }
    await rm(folder, { recursive: true });
  });

  it.runIf(isSoak)(
    'lose nothing and do nothing twice on PostgreSQL',
    { timeout },
    async ({ signal }) => {
      await using database = await createTestDatabase();
      await using rig = await StubRig.start({ store: database.url, random, timing: FAST });
      await killOneAfterAnother(rig, KILLS, signal);
      await rig.spawn();
      expect(await verdictOf(rig, database.url, signal)).toEqual([]);
    },
  );

  it.runIf(isSoak)(
    'are replaced by the other two of three instances',
    { timeout },
    async ({ signal }) => {
      await using database = await createTestDatabase();
      await using rig = await StubRig.start({ store: database.url, random, timing: FAST });
      const [sleeper, other] = await Promise.all([rig.spawn(), rig.spawn()]);
      await killOneAfterAnother(rig, KILLS / 2, signal);
      // One more falls silent for longer than its lease, and wakes up believing that it holds it.
      for (let i = 0; i < (isSoak ? 20 : 1); i++) {
        rig.ask(sleeper, 10);
        const frozen = rig.freeze(sleeper, 1_500);
        rig.ask(other, 10);
        await frozen;
      }
      expect(await verdictOf(rig, database.url, signal)).toEqual([]);
    },
  );
});
