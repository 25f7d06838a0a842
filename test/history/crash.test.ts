import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/lib/clock.ts';
import { createIdSource } from '../../src/lib/ids.ts';
import { openLedgerReader } from '../../src/ledger/open-ledger.ts';
import { createTestDatabase } from '../postgres.ts';
import { check } from './checker.ts';
import { readFinalState } from './final-state.ts';
import { Rig, seeded, type Child } from './rig.ts';
import { KILL_POINTS, type KillPoint } from './wire.ts';

const isSoak = process.env['RAPPORT_SOAK'] !== undefined;
/** Processes that are killed per store: a sample at every run, the whole of it in the soak. */
const KILLS = isSoak ? 200 : 2;
const SEED = Number(process.env['RAPPORT_SEED'] ?? Date.now() % 1_000_000);
const TIMEOUT_MS = isSoak ? 3_600_000 : 120_000;

/** Leases of half a second: the rules are those of real ones, and a test takes a fraction of the time. */
const FAST = { beatMs: 100, aliveMs: 1_000, holdMs: 500 };

const random = seeded(SEED);

/** Named points and moments of nobody's choosing, in turn. */
function nextDeath(i: number): { point: KillPoint; nth: number } | 'any moment' {
  if (i % 4 === 3) return 'any moment';
  const point = KILL_POINTS[Math.floor(random() * KILL_POINTS.length)] ?? 'accept.sent';
  return { point, nth: 1 + Math.floor(random() * 4) };
}

/** Keeps asking one child until it is dead. */
async function workToDeath(
  rig: Rig,
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
async function verdictOf(rig: Rig, store: string, signal: AbortSignal): Promise<string[]> {
  await rig.settle(signal);
  for (const child of rig.children) if (child.isAlive) await child.stop();
  await using reader = await openLedgerReader({
    store,
    clock: systemClock,
    newId: createIdSource(systemClock),
    random,
  });
  expect(rig.history.filter((event) => event.kind === 'acknowledged').length).toBeGreaterThan(0);
  return check(rig.history, await readFinalState(reader, rig.values));
}

async function killOneAfterAnother(rig: Rig, kills: number, signal: AbortSignal): Promise<void> {
  for (let i = 0; i < kills; i++) {
    const death = nextDeath(i);
    const child = await rig.spawn(death === 'any moment' ? undefined : death);
    await workToDeath(rig, child, death, signal);
  }
}

const timeout = TIMEOUT_MS;

describe(`processes killed at any point (RAPPORT_SEED=${SEED})`, () => {
  it('lose nothing and do nothing twice on SQLite', { timeout }, async ({ signal }) => {
    const folder = await mkdtemp(join(tmpdir(), 'rapport-crash-'));
    const store = `sqlite:${join(folder, 'ledger.db')}`;
    {
      await using rig = await Rig.start({ store, random });
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
      await using rig = await Rig.start({ store: database.url, random, timing: FAST });
      await killOneAfterAnother(rig, KILLS, signal);
      await rig.spawn();
      expect(await verdictOf(rig, database.url, signal)).toEqual([]);
    },
  );

  it('are replaced by the other two of three instances', { timeout }, async ({ signal }) => {
    await using database = await createTestDatabase();
    await using rig = await Rig.start({ store: database.url, random, timing: FAST });
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
  });
});
