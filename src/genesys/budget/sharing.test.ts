import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRateLimiter } from '../../emulator/limits/rate-limiter.ts';
import type { LimitChange } from '../../emulator/limits/settings.ts';
import { silentLog } from '../../lib/log.ts';
import { ManualClock } from '../../lib/manual-clock.ts';
import { SimulatedPlatform } from '../../../test/fixtures/simulated-platform.ts';
import { seededRandom } from '../../../test/support/seeded-random.ts';
import type { Budget, Permit } from './budget.ts';
import { createBudget } from './create-budget.ts';
import { ANY_WORK, anyLimits, doWork, RESETS, runsOf } from '../../../test/fixtures/random-work.ts';
import { MemoryWindowStore, type MemoryWindowStoreOptions } from './window-store.fixture.ts';

interface Instance {
  readonly budget: Budget;
  readonly platform: SimulatedPlatform;
}

interface Rig {
  readonly clock: ManualClock;
  readonly store: MemoryWindowStore;
  readonly instances: readonly Instance[];
}

interface RigOptions extends Partial<MemoryWindowStoreOptions> {
  readonly count: number;
  readonly limits?: LimitChange | undefined;
  readonly seed?: number;
  readonly platformMs?: { readonly min: number; readonly max: number };
  readonly startMs?: number;
}

/** Several instances on one token, each with its own way to the platform and to the store. */
function rig({
  count,
  limits,
  seed = 1,
  platformMs = { min: 15, max: 400 },
  ...more
}: RigOptions): Rig {
  const clock = new ManualClock(Date.UTC(2026, 0, 5, 9) + (more.startMs ?? 0));
  const store = new MemoryWindowStore({ ...more, clock });
  const limiter = createRateLimiter(clock, limits);
  const instances = Array.from({ length: count }, (_, i) => {
    const budget = createBudget({
      clock,
      log: silentLog,
      maxInFlight: 64,
      store: store.of(`i${i}`),
    });
    const platform = new SimulatedPlatform({
      clock,
      budget,
      limiter,
      latencyMs: platformMs,
      seed: seed + i,
    });
    return { budget, platform };
  });
  return { clock, store, instances };
}

const refusals = ({ instances }: Rig): number =>
  instances.reduce((sum, { platform }) => sum + platform.refusals, 0);
const requests = ({ instances }: Rig): number =>
  instances.reduce((sum, { platform }) => sum + platform.log.length, 0);

/** A permit, with time passing until it is there. */
async function claim(
  { clock }: Rig,
  instance: Instance | undefined,
  cost: number,
): Promise<Permit> {
  if (instance === undefined) throw new Error('no such instance');
  const asked = instance.budget.whenRoom('live', { cost });
  await clock.advance(1_000);
  return asked;
}

/** Enriches so many conversations on one instance; when each was written. */
async function finish(
  { clock }: Rig,
  instance: Instance | undefined,
  count: number,
  cost: 1 | 2 = 1,
): Promise<number[]> {
  const written: number[] = [];
  for (let i = 0; i < count; i++) {
    void instance?.platform.enrich(cost).then((atMs) => written.push(atMs));
  }
  for (let s = 0; s < 600 && written.length < count; s++) await clock.advance(1_000);
  expect(written).toHaveLength(count);
  return written;
}

describe('a window that three instances share', () => {
  it.each(RESETS)('is used up and never overdrawn (reset %s)', async (reset) => {
    const all = rig({ count: 3, limits: { reset }, latencyMs: () => 4 });
    const written: number[] = [];
    for (let i = 0; i < 600; i++) {
      void all.instances[i % 3]?.platform.enrich(2).then((atMs) => written.push(atMs));
    }
    for (let minute = 0; minute < 10 && written.length < 600; minute++)
      await all.clock.advance(60_000);
    expect(written).toHaveLength(600);
    expect(refusals(all)).toBe(0);
    expect(requests(all)).toBe(1_200);
    // One instance alone ends after 180 s; sharing costs a probe's round trip a window, and the odd unit.
    expect(Math.max(...written)).toBeLessThanOrEqual(180_000 + 6_000);
    expect(all.clock.pendingTimers).toBe(0);
  });

  it('gives those who work what an idle one has claimed', async () => {
    const all = rig({ count: 2, latencyMs: () => 4 });
    const [busy, idle] = all.instances;
    using permit = await claim(all, idle, 2);
    permit.release();
    const written = await finish(all, busy, 300);
    expect(Math.max(...written)).toBeLessThan(30_000);
    expect(busy?.budget.snapshot()).toMatchObject({ sent: 300, elsewhere: 0 });
  });

  it('is whole again in the next window when an instance dies with what it has claimed', async () => {
    const all = rig({ count: 3, latencyMs: () => 4 });
    const [first, second, dead] = all.instances;
    await finish(all, first, 100);
    const lost = await claim(all, dead, 2);
    all.store.die('i2');
    dead?.budget[Symbol.dispose]();
    expect(lost.left).toBe(2);
    const both = await Promise.all([finish(all, first, 250), finish(all, second, 250)]);
    // 198 of this window, 300 of the next, the last two in the one after it.
    const inWindow = both.flat().map((ms) => Math.floor(ms / 60_200));
    expect(Object.entries(Object.groupBy(inWindow, String)).map(([, of]) => of?.length)).toEqual([
      198, 300, 2,
    ]);
    expect(refusals(all)).toBe(0);
  });

  it('keeps room in the next window for what another instance has on its way', async () => {
    const all = rig({ count: 2, latencyMs: () => 4 });
    const [slow, busy] = all.instances;
    await finish(all, slow, 1);
    const permit = await claim(all, slow, 2);
    await permit.use('op');
    // It arrives in the next window, and the write that it was promised comes after it.
    await all.clock.advance(60_000);
    const written = await finish(all, busy, 299);
    expect(written.filter((ms) => ms < 121_000)).toHaveLength(298);
    expect(refusals(all)).toBe(0);
  });

  it('lets an instance whose store is away send what it has, and nothing after the window ended', async () => {
    let isAway = false;
    const all = rig({ count: 2, mishap: () => (isAway ? 'refused' : 'none') });
    const [here] = all.instances;
    const permit = await claim(all, here, 2);
    await finish(all, here, 1);
    isAway = true;
    let hasWritten = false;
    void here?.platform.request(permit, 'PATCH').then(() => (hasWritten = true));
    await all.clock.advance(1_000);
    expect(hasWritten).toBe(true);
    void here?.platform.enrich(1).then(() => (hasWritten = false));
    await all.clock.advance(300_000);
    expect(hasWritten).toBe(true);
    isAway = false;
    await all.clock.advance(10_000);
    expect(hasWritten).toBe(false);
    expect(refusals(all)).toBe(0);
  });

  it.each([
    ['opened by the first call', { strangersPerMinute: 60 }],
    ['aligned to the clock', { strangersPerMinute: 60, opens: 'aligned' }],
    ['of which reset is rounded down', { strangersPerMinute: 60, reset: 'down' }],
  ] satisfies readonly (readonly [string, LimitChange])[])(
    'bears strangers at 60 a minute in windows %s',
    async (_name, settings) => {
      const all = rig({ count: 3, limits: settings, latencyMs: () => 4, startMs: 7_000 });
      await Promise.all(all.instances.map((instance) => finish(all, instance, 200, 2)));
      for (const { budget } of all.instances) expect(budget.snapshot().rateLimited.own).toBe(0);
      expect(refusals(all) / requests(all)).toBeLessThanOrEqual(0.02);
    },
  );
});

const runs = runsOf(40, 2_000);
const limits = anyLimits(15);
const work = fc.array(fc.record({ ...ANY_WORK, instance: fc.nat({ max: 3 }) }), {
  minLength: 1,
  maxLength: 150,
});

const paths = fc.record({
  count: fc.integer({ min: 2, max: 4 }),
  seed: fc.nat(),
  platformMs: fc.integer({ min: 2, max: 1_500 }),
  storeMs: fc.integer({ min: 0, max: 60 }),
  /** How many of a hundred exchanges fail, half of them after they were done. */
  storeFailures: fc.constantFrom(0, 0, 5, 30),
});

type Items = typeof work extends fc.Arbitrary<infer List> ? List : never;
type Paths = typeof paths extends fc.Arbitrary<infer Value> ? Value : never;

async function play(
  items: Items,
  settings: LimitChange,
  ways: Paths,
): Promise<Rig & { done: number }> {
  const chance = seededRandom(ways.seed);
  const all = rig({
    count: ways.count,
    limits: settings,
    seed: ways.seed,
    startMs: ways.seed % 60_000,
    platformMs: { min: 1, max: ways.platformMs },
    latencyMs: () => chance() * ways.storeMs,
    mishap: () => {
      const dice = chance() * 200;
      if (dice >= 2 * ways.storeFailures) return 'none';
      return dice < ways.storeFailures ? 'refused' : 'lost';
    },
  });
  const { clock, instances } = all;
  let done = 0;
  // Answers that are lost before anything is known of the window could fill it unseen.
  const opening = instances[0]?.platform.enrich(1);
  await clock.advance(120_000);
  await opening;
  for (const item of items) {
    const instance = instances[item.instance % ways.count];
    if (instance === undefined) continue;
    void doWork(item, 'live', { clock, random: chance, ...instance }).then(() => (done += 1));
  }
  for (let minute = 0; minute < 90 && done < items.length; minute++) await clock.advance(60_000);
  await clock.advance(10_000);
  expect(clock.pendingTimers).toBe(0);
  return { ...all, done };
}

describe('a shared window under random work', () => {
  it('earns no 429, serves everybody and forgets no permit, however slow or faulty the store', async () => {
    await fc.assert(
      fc.asyncProperty(work, limits, paths, async (items, settings, ways) => {
        const all = await play(items, settings, ways);
        expect(refusals(all)).toBe(0);
        expect(all.done).toBe(items.length);
        for (const { budget } of all.instances) {
          expect(budget.snapshot()).toMatchObject({
            held: 0,
            inFlight: 0,
            rateLimited: { own: 0, foreign: 0 },
          });
        }
      }),
      { numRuns: runs },
    );
  });

  it('counts no 429 as its own when strangers use the same token', async () => {
    await fc.assert(
      fc.asyncProperty(
        work,
        limits,
        paths,
        fc.integer({ min: 1, max: 400 }),
        async (items, settings, ways, strangersPerMinute) => {
          const strangers = { ...settings, tokenPerWindow: 300, strangersPerMinute };
          const all = await play(items, strangers, { ...ways, platformMs: 400 });
          for (const { budget } of all.instances) {
            expect(budget.snapshot().rateLimited.own).toBe(0);
          }
        },
      ),
      { numRuns: runs },
    );
  });
});
