import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MemoryWindowStore } from '../../genesys/budget/window-store.fixture.ts';
import type { Ledger } from '../ledger.ts';
import { onBothStores } from '../stores.fixture.ts';
import type { WindowReport } from '../../domain/sharing.ts';

const seen = fc.oneof(
  fc.constant(undefined),
  fc.constant({ kind: 'over' as const }),
  fc.constant({ kind: 'unlimited' as const }),
  fc.record({
    kind: fc.constant('open' as const),
    count: fc.nat({ max: 80 }),
    allowed: fc.constantFrom(20, 60),
    endsInMs: fc.nat({ max: 60_000 }),
  }),
  fc.record({
    kind: fc.constant('refused' as const),
    isOwn: fc.boolean(),
    count: fc.option(fc.nat({ max: 80 }), { nil: undefined }),
    allowed: fc.option(fc.constant(60), { nil: undefined }),
    endsInMs: fc.nat({ max: 10_000 }),
  }),
);

const steps = fc.array(
  fc.record({
    instance: fc.nat({ max: 2 }),
    /** Reports about the window that it was told of last, or about one before. */
    isStale: fc.constantFrom(false, false, false, true),
    claimed: fc.nat({ max: 40 }),
    outstanding: fc.nat({ max: 20 }),
    seen,
    want: fc.constantFrom(0, 1, 2),
    isBusy: fc.boolean(),
    waitMs: fc.constantFrom(0, 0, 100, 600, 20_000),
  }),
  { minLength: 1, maxLength: 25 },
);

const token = (
  sealed: string,
  generation: number,
): { sealed: string; generation: number; lifeMs: number } => ({
  sealed,
  generation,
  lifeMs: 60_000,
});

async function kill(ledger: Ledger): Promise<void> {
  await ledger.beat(-20_000);
}

onBothStores((open, { clock, join }) => {
  it('keeps a rate window as the reference in memory does', async () => {
    const first = await open();
    const ledgers = [first, await join(first), await join(first)];
    let n = 0;
    await fc.assert(
      fc.asyncProperty(steps, fc.boolean(), async (list, hasDead) => {
        n += 1;
        const memory = new MemoryWindowStore({ clock });
        for (const ledger of ledgers) await ledger.beat(10_000_000);
        let no = -1;
        for (const [i, step] of list.entries()) {
          if (hasDead && i === 5) {
            memory.die('2');
            if (ledgers[2] !== undefined) await kill(ledgers[2]);
          }
          const instance = hasDead && i >= 5 ? step.instance % 2 : step.instance;
          const report: WindowReport = { ...step, no: step.isStale ? no - 1 : no };
          const told = await ledgers[instance]?.sharing.exchange(`t${n}`, report);
          expect(told).toEqual(memory.exchange(String(instance), report));
          no = told?.no ?? no;
          await clock.advance(step.waitMs);
        }
      }),
      { numRuns: 40 },
    );
    for (const ledger of ledgers) await ledger[Symbol.asyncDispose]();
  });

  it('keeps the first of two tokens that replace the same one', async () => {
    const one = await open();
    const other = await join(one);
    expect(await one.sharing.readToken('c')).toBeUndefined();
    expect(await one.sharing.replaceToken('c', token('first', 1))).toBe(true);
    expect(await other.sharing.replaceToken('c', token('late', 1))).toBe(false);
    expect(await other.sharing.replaceToken('c', token('second', 2))).toBe(true);
    await clock.advance(1_000);
    expect(await one.sharing.readToken('c')).toEqual({
      generation: 2,
      sealed: 'second',
      endsInMs: 59_000,
    });
  });

  it('lets one instance at a time sign in, and another when that takes too long', async () => {
    const one = await open();
    const other = await join(one);
    expect(await one.sharing.holdSignIn('c', 15_000)).toBe(true);
    expect(await other.sharing.holdSignIn('c', 15_000)).toBe(false);
    await clock.advance(15_000);
    expect(await other.sharing.holdSignIn('c', 15_000)).toBe(true);
    await other.sharing.dropSignIn('c');
    expect(await one.sharing.holdSignIn('c', 15_000)).toBe(true);
  });
});
