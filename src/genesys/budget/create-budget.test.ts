import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../lib/manual-clock.ts';
import { silentLog } from '../../lib/log.ts';
import type { AnswerFacts, Budget, BudgetLane, Permit } from './budget.ts';
import { createBudget, type BudgetSettings } from './create-budget.ts';

function start(settings: Partial<BudgetSettings> = {}): { clock: ManualClock; budget: Budget } {
  const clock = new ManualClock();
  return { clock, budget: createBudget({ clock, log: silentLog, maxInFlight: 64, ...settings }) };
}

const ok = (count: number, resetSeconds = 60, allowed = 300): AnswerFacts => ({
  status: 200,
  rate: { count, allowed, resetSeconds },
  retryAfterMs: undefined,
  limitKey: undefined,
});

const refused = (seconds: number): AnswerFacts => ({
  ...ok(300, seconds),
  status: 429,
  retryAfterMs: seconds * 1000,
});

/** Opens the window with one request; `used` were counted before it. */
async function open(budget: Budget, used = 0, allowed = 300): Promise<void> {
  using permit = await budget.whenRoom('live');
  (await permit.use('op')).answered(ok(used + 1, 60, allowed));
}

/** Whether a promise has settled, after everything that needs no time has run. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending');
  const turn = new Promise((resolve) => setImmediate(() => resolve(pending)));
  return (await Promise.race([promise.catch(() => undefined), turn])) !== pending;
}

/** Asks in several lanes at once and tells the order in which they were served. */
function line(budget: Budget, lanes: readonly BudgetLane[], cost = 1): BudgetLane[] {
  const served: BudgetLane[] = [];
  for (const lane of lanes) {
    void budget.whenRoom(lane, { cost }).then(() => served.push(lane));
  }
  return served;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('createBudget', () => {
  it('promises one request while nothing is known, and the rest when its answer is there', async () => {
    const { budget } = start();
    const first = await budget.whenRoom('live', { cost: 2 });
    const second = budget.whenRoom('live', { cost: 2 });
    expect(await isSettled(second)).toBe(false);
    const sending = await first.use('getConversation');
    expect(await isSettled(second)).toBe(false);
    sending.answered(ok(1));
    expect((await second).left).toBe(2);
    expect(budget.snapshot()).toMatchObject({ state: 'open', sent: 1, held: 3, allowed: 300 });
  });

  it('promises one more when the first is slow to send', async () => {
    const { budget, clock } = start();
    await budget.whenRoom('live');
    const second = budget.whenRoom('live');
    await clock.advance(249);
    expect(await isSettled(second)).toBe(false);
    await clock.advance(1);
    expect(await isSettled(second)).toBe(true);
  });

  it('never makes a held write wait in an open window, however full it is', async () => {
    const { budget } = start();
    await open(budget, 297);
    const permit = await budget.whenRoom('live', { cost: 2 });
    const others = budget.whenRoom('live');
    (await permit.use('getConversation')).answered(ok(299));
    expect(await isSettled(others)).toBe(false);
    (await permit.use('patchAttributes')).answered(ok(300));
    expect(budget.snapshot()).toMatchObject({ state: 'spent', held: 0 });
  });

  it('takes back what is released, once', async () => {
    const { budget } = start();
    await open(budget, 297);
    const permit = await budget.whenRoom('live', { cost: 2 });
    const other = budget.whenRoom('live', { cost: 2 });
    expect(await isSettled(other)).toBe(false);
    permit.release();
    permit.release();
    expect(await isSettled(other)).toBe(true);
    expect(budget.snapshot().held).toBe(2);
  });

  it('takes back the promise of a read that is not needed', async () => {
    const { budget } = start();
    await open(budget, 296);
    const permit = await budget.whenRoom('live', { cost: 2 });
    const other = budget.whenRoom('live', { cost: 2 });
    expect(await isSettled(other)).toBe(false);
    permit.shrink(1);
    permit.shrink(5);
    expect([permit.left, await isSettled(other)]).toEqual([1, true]);
  });

  it('promises at once, or not at all, to who cannot wait', async () => {
    const { budget } = start();
    const probe = budget.tryRoom('live');
    expect(probe?.left).toBe(1);
    expect(budget.tryRoom('live')).toBeUndefined();
    (await probe?.use('op'))?.answered(ok(297));
    const waiting = budget.whenRoom('live', { cost: 4 });
    expect(budget.tryRoom('live')).toBeUndefined();
    expect(budget.tryRoom('verify')).toBeUndefined();
    expect(budget.tryRoom('guard', 2)?.left).toBe(2);
    expect(await isSettled(waiting)).toBe(false);
  });

  it('refuses more than was promised', async () => {
    const { budget } = start();
    const permit = await budget.whenRoom('live');
    const sending = await permit.use('op');
    await expect(permit.use('op')).rejects.toMatchObject({ code: 'ERR_GENESYS_PERMIT_SPENT' });
    sending.unsent();
    expect(permit.left).toBe(1);
  });

  it('carries held writes into the next window, where they go first', async () => {
    const { budget, clock } = start();
    await open(budget, 299 - 2);
    const permit = await budget.whenRoom('live', { cost: 2 });
    (await permit.use('getConversation')).answered(ok(299));
    const live = budget.whenRoom('guard');
    const order: string[] = [];
    await clock.advance(60_000);
    const write = permit.use('patchAttributes').then((sending) => {
      order.push('held write');
      return sending;
    });
    void live.then(async (p) => (await p.use('op')) && order.push('guard'));
    (await write).answered(ok(1));
    await turn();
    expect(order).toEqual(['held write', 'guard']);
  });

  it('serves the lanes in their order', async () => {
    const { budget, clock } = start();
    await open(budget, 299);
    const served = line(budget, ['backfill', 'verify', 'manual', 'live', 'guard']);
    await turn();
    expect(served).toEqual([]);
    await clock.advance(60_000);
    const probe = await Promise.resolve(served);
    expect(probe).toEqual(['guard']);
  });

  it('keeps 5 % of a window for verification and 5 % for manual work while they wait', async () => {
    const { budget } = start();
    await open(budget, 0, 100);
    const live = line(
      budget,
      Array.from({ length: 200 }, () => 'live' as const),
    );
    await turn();
    expect(live).toHaveLength(99);
    const { budget: other } = start();
    const probe = await other.whenRoom('live');
    const sending = await probe.use('op');
    const served = line(other, [
      ...Array.from({ length: 200 }, () => 'live' as const),
      ...Array.from({ length: 20 }, () => 'manual' as const),
      ...Array.from({ length: 20 }, () => 'verify' as const),
    ]);
    sending.answered(ok(1, 60, 100));
    await turn();
    const count = (lane: BudgetLane): number => served.filter((entry) => entry === lane).length;
    expect([count('live'), count('manual'), count('verify')]).toEqual([89, 5, 5]);
  });

  it('lets back-fill take half a window, and only beside the live work that is to be expected', async () => {
    const { budget, clock } = start();
    await open(budget, 0, 100);
    const idle = line(
      budget,
      Array.from({ length: 100 }, () => 'backfill' as const),
    );
    await turn();
    // One live request in the last minute lets another one be expected.
    expect(idle).toHaveLength(50);
    const { budget: busy, clock: busyClock } = start();
    await open(busy, 0, 100);
    for (let i = 0; i < 40; i++)
      (await (await busy.whenRoom('live')).use('op')).answered(ok(i + 2, 60, 100));
    const served = line(
      busy,
      Array.from({ length: 100 }, () => 'backfill' as const),
    );
    await turn();
    expect(served.length).toBeGreaterThan(10);
    expect(served.length).toBeLessThan(20);
    expect(clock.monotonicMs() + busyClock.monotonicMs()).toBe(0);
  });

  it('ends a wait by its signal, and leaves nothing behind', async () => {
    const { budget, clock } = start();
    await open(budget, 299);
    const controller = new AbortController();
    const wait = budget.whenRoom('live', { signal: controller.signal });
    expect(clock.pendingTimers).toBe(1);
    controller.abort(new Error('shutdown'));
    await expect(wait).rejects.toThrow('shutdown');
    expect(clock.pendingTimers).toBe(0);
    expect(budget.snapshot().waiting.live).toBe(0);
  });

  it('ends a wait to send by its signal, and keeps the promise', async () => {
    const { budget } = start();
    const [first, second] = [await budget.whenRoom('live', { cost: 2 }), new AbortController()];
    await first.use('op');
    const wait = first.use('op', second.signal);
    second.abort(new Error('shutdown'));
    await expect(wait).rejects.toThrow('shutdown');
    expect(first.left).toBe(1);
  });

  it('sends again with the same promise after a 429, when the platform allows', async () => {
    const { budget, clock } = start();
    await open(budget);
    const permit = await budget.whenRoom('live');
    (await permit.use('op')).answered(refused(17));
    expect(permit.left).toBe(1);
    expect(budget.snapshot()).toMatchObject({
      state: 'frozen',
      endsInMs: 17_000,
      rateLimited: { own: 0, foreign: 1 },
    });
    const again = permit.use('op');
    await clock.advance(16_999);
    expect(await isSettled(again)).toBe(false);
    await clock.advance(1);
    expect(await isSettled(again)).toBe(true);
  });

  it('gives back the promise of a request that was refused after its permit was released', async () => {
    const { budget } = start();
    await open(budget);
    const permit = await budget.whenRoom('live');
    const sending = await permit.use('op');
    permit.release();
    sending.answered(refused(1));
    expect(budget.snapshot().held).toBe(0);
  });

  it('sends no more at a time than it is told', async () => {
    const { budget } = start({ maxInFlight: 2 });
    const probe = await budget.whenRoom('live');
    (await probe.use('op')).answered({ ...ok(1), rate: undefined });
    const permits = await Promise.all([1, 2, 3].map(() => budget.whenRoom('live')));
    const sendings = permits.map((permit) => permit.use('op'));
    const first = await sendings[0];
    expect(await isSettled(sendings[2] ?? Promise.reject(new Error('missing')))).toBe(false);
    first?.lost();
    expect(await isSettled(sendings[2] ?? Promise.reject(new Error('missing')))).toBe(true);
  });

  it('rejects whoever waits when it is disposed, and leaves no timer', async () => {
    const { budget, clock } = start();
    await open(budget, 299);
    const wait = budget.whenRoom('live');
    budget[Symbol.dispose]();
    await expect(wait).rejects.toMatchObject({ code: 'ERR_GENESYS_CLOSED' });
    await expect(budget.whenRoom('live')).rejects.toMatchObject({ code: 'ERR_GENESYS_CLOSED' });
    expect(clock.pendingTimers).toBe(0);
  });

  it('gives an operation with a narrower limit a budget of its own, and asks both', async () => {
    const { budget, clock } = start();
    await open(budget);
    const send = async (
      operation: string,
    ): Promise<[Permit, Awaited<ReturnType<Permit['use']>>]> => {
      const permit = await budget.whenRoom('live');
      return [permit, await permit.use(operation)];
    };
    const [, narrow] = await send('narrow');
    narrow.answered(ok(10, 30, 10));
    expect(budget.snapshot()).toMatchObject({ allowed: 300, sent: 2, foreign: 0, state: 'open' });
    const permit = await budget.whenRoom('live');
    const second = permit.use('narrow');
    expect(await isSettled(second)).toBe(false);
    const [, wide] = await send('wide');
    wide.answered(ok(3));
    expect(budget.snapshot()).toMatchObject({ allowed: 300, sent: 3, state: 'open' });
    // Reset may be rounded down: 30 seconds and one.
    await clock.advance(30_999);
    expect(await isSettled(second)).toBe(false);
    await clock.advance(1);
    expect(await isSettled(second)).toBe(true);
  });

  it('is not misled when a narrow operation came first', async () => {
    const { budget } = start();
    using first = await budget.whenRoom('live');
    (await first.use('narrow')).answered(ok(1, 60, 10));
    expect(budget.snapshot().allowed).toBe(10);
    using second = await budget.whenRoom('live');
    (await second.use('wide')).answered(ok(2));
    expect(budget.snapshot().allowed).toBe(300);
  });

  it.each([
    ['in the middle of a window', 0],
    ['between two windows', 60_000],
  ])('follows an allowance that is lowered for all operations %s', async (_when, waitMs) => {
    const { budget, clock } = start();
    await open(budget);
    await clock.advance(waitMs);
    for (const operation of ['a', 'b', 'a', 'b', 'a', 'b', 'a']) {
      using permit = await budget.whenRoom('live');
      (await permit.use(operation)).answered(ok(1, 60, 180));
      await clock.advance(30_500);
    }
    expect(budget.snapshot()).toMatchObject({ allowed: 180, state: 'open' });
  });
});
