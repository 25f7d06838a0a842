import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LimitChange } from '../../emulator/limits/settings.ts';
import { silentLog } from '../../lib/log.ts';
import { ManualClock } from '../../lib/manual-clock.ts';
import { SimulatedPlatform } from '../../../test/fixtures/simulated-platform.ts';
import { seededRandom } from '../../../test/support/seeded-random.ts';
import { BUDGET_LANES, type BudgetSnapshot } from './budget.ts';
import { createBudget } from './create-budget.ts';
import { ANY_WORK, anyLimits, doWork, RESETS, runsOf } from '../../../test/fixtures/random-work.ts';

interface Burst {
  readonly limits?: LimitChange;
  readonly cost: 1 | 2;
  readonly latencyMs?: { readonly min: number; readonly max: number };
  /** Part of the minute that has passed when it begins; matters to windows that follow the clock. */
  readonly startMs?: number;
}

interface BurstResult {
  readonly lastMs: number;
  readonly meanMs: number;
  readonly refusals: number;
  readonly requests: number;
  readonly snapshot: BudgetSnapshot;
}

const BURST = 600;
const NEAR = { min: 15, max: 40 } as const;
const FAR = { min: 15, max: 400 } as const;
const IN_FLIGHT = 64;

/** 600 conversations at once. */
async function burst(options: Burst): Promise<BurstResult> {
  const clock = new ManualClock(Date.UTC(2026, 0, 5, 9) + (options.startMs ?? 0));
  const budget = createBudget({ clock, log: silentLog, maxInFlight: IN_FLIGHT });
  const platform = new SimulatedPlatform({
    clock,
    budget,
    seed: 1,
    latencyMs: options.latencyMs ?? NEAR,
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });
  const written: number[] = [];
  for (let i = 0; i < BURST; i++) {
    void platform.enrich(options.cost).then((atMs) => written.push(atMs));
  }
  for (let minute = 0; minute < 10 && written.length < BURST; minute++) await clock.advance(60_000);
  expect(written).toHaveLength(BURST);
  expect(clock.pendingTimers).toBe(0);
  return {
    lastMs: Math.max(...written),
    meanMs: written.reduce((sum, ms) => sum + ms, 0) / BURST,
    refusals: platform.refusals,
    requests: platform.log.length,
    snapshot: budget.snapshot(),
  };
}

/**
 * Arithmetic of windows that the burst itself opens: 150 or 300 written at 0, 60, 120, … seconds. By
 * the end of window k at most 300 k requests have left, so that no order of them gives a lower mean.
 */
const ARITHMETIC = {
  1: { lastMs: 60_000, meanMs: 30_000 },
  2: { lastMs: 180_000, meanMs: 90_000 },
};

describe('600 conversations under 300 requests a minute', () => {
  it.each(RESETS.flatMap((reset) => ([1, 2] as const).map((cost) => [reset, cost] as const)))(
    'end within half a second of the arithmetic (reset %s, %i requests each)',
    async (reset, cost) => {
      const result = await burst({ cost, limits: { reset } });
      expect(result.refusals).toBe(0);
      expect(result.requests).toBe(BURST * cost);
      expect(result.lastMs).toBeLessThanOrEqual(ARITHMETIC[cost].lastMs + 500);
      expect(result.meanMs).toBeGreaterThanOrEqual(ARITHMETIC[cost].meanMs);
      expect(result.meanMs).toBeLessThanOrEqual(ARITHMETIC[cost].meanMs + 500);
    },
  );

  it.each(RESETS)('end sooner when windows follow the clock (reset %s)', async (reset) => {
    const result = await burst({
      cost: 2,
      limits: { reset, opens: 'aligned' },
      startMs: 12_345,
    });
    expect(result.refusals).toBe(0);
    // The first window has 47.655 s left. Where reset tells the end, two seconds of doubt are lost at most.
    const firstMs = reset === 'constant' ? 60_000 : 47_655 + 2_500;
    expect(result.lastMs).toBeLessThanOrEqual(firstMs + 120_000 + 500);
    expect(result.meanMs).toBeLessThanOrEqual(reset === 'constant' ? 90_500 : 88_500);
  });

  it('end without a 429 when 250 were used before', async () => {
    const result = await burst({ cost: 2, limits: { usedAtStart: 250, openedBeforeMs: 20_000 } });
    expect(result.refusals).toBe(0);
    expect(result.lastMs).toBeLessThanOrEqual(40_000 + 3 * 60_000 + 2_500);
  });

  it.each(RESETS)('earn no 429 far from the platform (reset %s)', async (reset) => {
    const result = await burst({ cost: 2, limits: { reset }, latencyMs: FAR });
    expect(result.refusals).toBe(0);
    // A window opens when its first request arrives, half a round trip after the one before it ended.
    // The last one takes the probe's round trip, 300 requests of which 64 are on their way, and an answer.
    const mean = (FAR.min + FAR.max) / 2;
    const lastWindowMs = FAR.max + (300 / IN_FLIGHT) * mean + FAR.max;
    expect(result.lastMs).toBeLessThanOrEqual(180_000 + 3 * (FAR.max / 2) + lastWindowMs);
  });

  it.each([
    ['opened by the first call', { strangersPerMinute: 60 }],
    ['aligned to the clock', { strangersPerMinute: 60, opens: 'aligned' }],
    ['of which reset is rounded down', { strangersPerMinute: 60, reset: 'down' }],
    ['of which reset never moves', { strangersPerMinute: 60, reset: 'constant' }],
  ] satisfies readonly (readonly [string, LimitChange])[])(
    'bear strangers at 60 a minute in windows %s',
    async (_name, limits) => {
      for (const cost of [1, 2] as const) {
        const result = await burst({ cost, limits, latencyMs: FAR, startMs: 7_000 });
        expect(result.snapshot.rateLimited.own).toBe(0);
        expect(result.refusals / result.requests).toBeLessThanOrEqual(0.005);
      }
    },
  );
});

const runs = runsOf(60, 3_000);
const limits = anyLimits(19);
const work = fc.array(fc.record({ ...ANY_WORK, lane: fc.constantFrom(...BUDGET_LANES) }), {
  minLength: 1,
  maxLength: 120,
});

type Items = typeof work extends fc.Arbitrary<infer List> ? List : never;

async function play(
  items: Items,
  settings: LimitChange,
  context: { readonly seed: number; readonly maxLatencyMs: number },
): Promise<{
  readonly platform: SimulatedPlatform;
  readonly snapshot: BudgetSnapshot;
  readonly done: number;
}> {
  const clock = new ManualClock(Date.UTC(2026, 0, 5, 9) + (context.seed % 60_000));
  const budget = createBudget({ clock, log: silentLog, maxInFlight: 64 });
  const latencyMs = { min: 1, max: context.maxLatencyMs };
  const platform = new SimulatedPlatform({
    clock,
    budget,
    limits: settings,
    latencyMs,
    seed: context.seed,
  });
  const random = seededRandom(context.seed);
  let done = 0;
  // Answers that are lost before anything is known of the window could fill it unseen.
  const opening = platform.enrich(1);
  await clock.advance(120_000);
  await opening;
  for (const item of items) {
    void doWork(item, item.lane, { clock, budget, platform, random }).then(() => (done += 1));
  }
  for (let minute = 0; minute < 60 && done < items.length; minute++) {
    await clock.advance(60_000);
    const { held, sent, inFlight } = budget.snapshot();
    expect(Math.min(held, sent, inFlight)).toBeGreaterThanOrEqual(0);
  }
  expect(clock.pendingTimers).toBe(0);
  return { platform, snapshot: budget.snapshot(), done };
}

describe('createBudget under random work', () => {
  it('earns no 429 when it is alone, serves everybody and forgets no permit', async () => {
    await fc.assert(
      fc.asyncProperty(
        work,
        limits,
        fc.nat(),
        fc.integer({ min: 2, max: 1_500 }),
        async (items, settings, seed, maxLatencyMs) => {
          const { platform, snapshot, done } = await play(items, settings, { seed, maxLatencyMs });
          expect(done).toBe(items.length);
          expect(platform.refusals).toBe(0);
          expect(snapshot).toMatchObject({
            held: 0,
            inFlight: 0,
            rateLimited: { own: 0, foreign: 0 },
          });
        },
      ),
      { numRuns: runs },
    );
  });

  it('counts no 429 as its own when strangers use the same token', async () => {
    await fc.assert(
      fc.asyncProperty(
        work,
        limits,
        fc.nat(),
        fc.integer({ min: 1, max: 400 }),
        async (items, settings, seed, strangersPerMinute) => {
          const strangers = { ...settings, tokenPerWindow: 300, strangersPerMinute };
          const { snapshot } = await play(items, strangers, { seed, maxLatencyMs: 400 });
          expect(snapshot.rateLimited.own).toBe(0);
        },
      ),
      { numRuns: runs },
    );
  });
});
