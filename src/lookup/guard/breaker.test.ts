import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../lib/manual-clock.ts';
import { Breaker, type BreakerKind, type BreakerOptions, type Pass } from './breaker.ts';

const OPTIONS: BreakerOptions = {
  calls: 10,
  minCalls: 4,
  windowMs: 1000,
  failureShare: 0.5,
  openMs: 100,
  maxOpenMs: 400,
};

function enter(breaker: Breaker): Pass {
  const pass = breaker.enter();
  if (pass === undefined) throw new Error('refused');
  return pass;
}

function fail(breaker: Breaker, times: number): void {
  for (let i = 0; i < times; i += 1) enter(breaker).failed();
}

describe('Breaker', () => {
  it('stays closed with fewer results than it needs to judge', () => {
    const breaker = new Breaker(new ManualClock(), OPTIONS);
    fail(breaker, 3);
    expect(breaker.kind).toBe('closed');
  });

  it('opens when the share of failures is reached, and says for how long', async () => {
    const clock = new ManualClock();
    const breaker = new Breaker(clock, OPTIONS);
    enter(breaker).succeeded();
    enter(breaker).succeeded();
    fail(breaker, 2);
    expect(breaker.kind).toBe('open');
    expect(breaker.refusedForMs).toBe(100);
    await clock.advance(60);
    expect(breaker.refusedForMs).toBe(40);
    expect(breaker.enter()).toBeUndefined();
  });

  it('forgets results older than its window', async () => {
    const clock = new ManualClock();
    const breaker = new Breaker(clock, OPTIONS);
    fail(breaker, 3);
    await clock.advance(1001);
    fail(breaker, 3);
    expect(breaker.kind).toBe('closed');
    fail(breaker, 1);
    expect(breaker.kind).toBe('open');
  });

  it('lets one probe pass when its time is over, and closes on its success', async () => {
    const clock = new ManualClock();
    const kinds: BreakerKind[] = [];
    const breaker = new Breaker(clock, OPTIONS, (kind) => kinds.push(kind));
    fail(breaker, 4);
    await clock.advance(100);
    const probe = enter(breaker);
    expect(breaker.enter()).toBeUndefined();
    probe.succeeded();
    expect(breaker.kind).toBe('closed');
    expect(kinds).toEqual(['open', 'probing', 'closed']);
  });

  it('opens twice as long at each failed probe, up to the maximum', async () => {
    const clock = new ManualClock();
    const breaker = new Breaker(clock, OPTIONS);
    fail(breaker, 4);
    const lengths = [breaker.refusedForMs];
    for (let i = 0; i < 4; i += 1) {
      await clock.advance(breaker.refusedForMs);
      enter(breaker).failed();
      lengths.push(breaker.refusedForMs);
    }
    expect(lengths).toEqual([100, 200, 400, 400, 400]);
  });

  it('lets the next call probe when a probe was given up', async () => {
    const clock = new ManualClock();
    const breaker = new Breaker(clock, OPTIONS);
    fail(breaker, 4);
    await clock.advance(100);
    enter(breaker).cancelled();
    enter(breaker).succeeded();
    expect(breaker.kind).toBe('closed');
  });

  it('ignores a result of a call that began before the state changed', () => {
    const breaker = new Breaker(new ManualClock(), OPTIONS);
    const late = enter(breaker);
    fail(breaker, 4);
    late.succeeded();
    expect(breaker.kind).toBe('open');
  });

  it('never passes a call while it is open, and never two probes, whatever happens', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('enter' as const) }),
      fc.record({ do: fc.constantFrom('succeeded', 'failed', 'cancelled'), which: fc.nat(5) }),
      fc.record({ do: fc.constant('wait' as const), ms: fc.nat(300) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const clock = new ManualClock();
        const breaker = new Breaker(clock, OPTIONS);
        const passes: Pass[] = [];
        let wrong = 0;
        for (const action of steps) {
          if ('ms' in action) await clock.advance(action.ms);
          else if ('which' in action) passes.splice(action.which, 1)[0]?.[action.do]();
          else {
            const mustRefuse = breaker.refusedForMs > 0 || breaker.kind === 'probing';
            const pass = breaker.enter();
            if (pass !== undefined) passes.push(pass);
            wrong += Number(mustRefuse !== (pass === undefined));
          }
          expect(breaker.refusedForMs).toBeLessThanOrEqual(OPTIONS.maxOpenMs);
        }
        expect(wrong).toBe(0);
      }),
      { numRuns: Number(process.env['RAPPORT_RUNS'] ?? 100) },
    );
  });
});
