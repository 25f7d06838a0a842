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
import { Rig, seeded, type Child, type RigOptions } from './rig.ts';
import { KILL_POINTS, type KillPoint } from './wire.ts';

const isSoak = process.env['RAPPORT_SOAK'] !== undefined;
/** Processes that are killed per store. */
const KILLS = isSoak ? 200 : 3;
const SEED = Number(process.env['RAPPORT_SEED'] ?? Date.now() % 1_000_000);
const TIMEOUT_MS = isSoak ? 1_800_000 : 60_000;

/** Leases of half a second: the rules are those of real ones, and a test takes a fraction of the time. */
const FAST = { beatMs: 100, aliveMs: 1_000, holdMs: 500 };

const random = seeded(SEED);

/** Named points and moments of nobody's choosing, in turn. */
function nextDeath(i: number): { point: KillPoint; nth: number } | 'any moment' {
  if (i % 3 === 2) return 'any moment';
  const point = KILL_POINTS[Math.floor(random() * KILL_POINTS.length)] ?? 'accept.sent';
  return { point, nth: 1 + Math.floor(random() * 4) };
}

/** Keeps asking one child until it is dead. */
async function workToDeath(rig: Rig, child: Child, death: 'any moment' | object): Promise<void> {
  if (death === 'any moment') {
    void delay(5 + random() * 120).then(() => child.signal('SIGKILL'));
  }
  while (child.isAlive) {
    rig.ask(child, 3);
    await Promise.race([child.exited, delay(5)]);
  }
  await child.exited;
}

/** What the checker has to say once everything is worked off. */
async function verdictOf(rig: Rig, options: RigOptions): Promise<string[]> {
  await rig.settle();
  for (const child of rig.children) if (child.isAlive) await child.stop();
  await using reader = await openLedgerReader({
    store: options.store,
    clock: systemClock,
    newId: createIdSource(systemClock),
    random,
  });
  expect(rig.history.filter((event) => event.kind === 'acknowledged').length).toBeGreaterThan(0);
  return check(rig.history, await readFinalState(reader, rig.values));
}

describe(`processes killed at any point (RAPPORT_SEED=${SEED})`, () => {
  it('lose nothing and do nothing twice on SQLite', { timeout: TIMEOUT_MS }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rapport-crash-'));
    const options: RigOptions = { store: `sqlite:${join(folder, 'ledger.db')}`, random };
    {
      await using rig = await Rig.start(options);
      for (let i = 0; i < KILLS; i++) {
        const death = nextDeath(i);
        const child = await rig.spawn(death === 'any moment' ? undefined : death);
        await workToDeath(rig, child, death);
      }
      await rig.spawn();
      expect(await verdictOf(rig, options)).toEqual([]);
      expect(rig.history.filter((event) => event.kind === 'killed')).toHaveLength(KILLS);
    }
    await rm(folder, { recursive: true });
  });

  it('lose nothing and do nothing twice on PostgreSQL', { timeout: TIMEOUT_MS }, async () => {
    await using database = await createTestDatabase();
    const options: RigOptions = { store: database.url, random, timing: FAST };
    await using rig = await Rig.start(options);
    for (let i = 0; i < KILLS; i++) {
      const death = nextDeath(i);
      const child = await rig.spawn(death === 'any moment' ? undefined : death);
      await workToDeath(rig, child, death);
    }
    await rig.spawn();
    expect(await verdictOf(rig, options)).toEqual([]);
  });

  it('are replaced by the other two of three instances', { timeout: TIMEOUT_MS }, async () => {
    await using database = await createTestDatabase();
    const options: RigOptions = { store: database.url, random, timing: FAST };
    await using rig = await Rig.start(options);
    await Promise.all([rig.spawn(), rig.spawn()]);
    for (let i = 0; i < Math.ceil(KILLS / 2); i++) {
      const death = nextDeath(i);
      const child = await rig.spawn(death === 'any moment' ? undefined : death);
      for (const other of rig.children) rig.ask(other, 1);
      await workToDeath(rig, child, death);
    }
    expect(await verdictOf(rig, options)).toEqual([]);
  });
});

describe(`a process frozen past its lease (RAPPORT_SEED=${SEED})`, () => {
  it('commits nothing when it wakes', { timeout: TIMEOUT_MS }, async () => {
    await using database = await createTestDatabase();
    const options: RigOptions = { store: database.url, random, timing: FAST };
    await using rig = await Rig.start(options);
    const [sleeper, other] = await Promise.all([rig.spawn(), rig.spawn()]);
    for (let i = 0; i < (isSoak ? 20 : 1); i++) {
      rig.ask(sleeper, 10);
      rig.ask(other, 10);
      const frozen = rig.freeze(sleeper, 1_500);
      rig.ask(other, 10);
      await frozen;
    }
    expect(await verdictOf(rig, options)).toEqual([]);
  });
});
