import { describe, expect, it } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import { ManualClock } from '../../lib/manual-clock.ts';
import { guarded, query } from '../sql/statement.ts';
import { SqliteStore } from './sqlite-store.ts';
import { createSteadyNow } from './steady-now.ts';

const insert = query<{ id: number }>('test.insert', 'insert into t (id) values (:id)');
const rename = query<{ id: number }>('test.rename', 'update t set id = :id where id = -1');
const all = query('test.all', 'select id from t order by id');

describe('SqliteStore', () => {
  it('lets a bad unit fail alone among those that share its commit', async () => {
    await using store = await SqliteStore.open({ path: ':memory:', clock: systemClock });
    await store.define(['create table t (id integer primary key)']);
    const results = await Promise.allSettled([
      store.run([insert({ id: 1 })]),
      store.run([insert({ id: 2 }), insert({ id: 1 })]),
      store.run([insert({ id: 3 }), guarded(rename({ id: 9 }))]),
      store.run([guarded(rename({ id: 9 })), insert({ id: 5 })]),
      store.run([insert({ id: 4 })]),
    ]);
    expect(results.map((result) => result.status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
      'fulfilled',
    ]);
    expect(results[2]).toMatchObject({ value: 'refused' });
    expect(results[3]).toMatchObject({ value: 'refused' });
    expect(await store.read(all({}))).toEqual([{ id: 1 }, { id: 4 }]);
  });

  it('finishes what was handed over before it closes, and refuses what comes after', async () => {
    const store = await SqliteStore.open({ path: ':memory:', clock: systemClock });
    await store.define(['create table t (id integer primary key)']);
    const last = store.run([insert({ id: 1 })]);
    await store[Symbol.asyncDispose]();
    expect(await last).toEqual([[]]);
    await expect(store.run([insert({ id: 2 })])).rejects.toMatchObject({
      code: 'ERR_LEDGER_CLOSED',
    });
  });
});

describe('createSteadyNow', () => {
  class Jumping extends ManualClock {
    offsetMs = 0;
    override wallMs(): number {
      return super.wallMs() + this.offsetMs;
    }
  }

  it('goes on with the monotonic clock while the wall clock is behind, and follows it ahead', async () => {
    const clock = new Jumping(1_000_000);
    const now = createSteadyNow(clock);
    expect(now()).toBe(1_000_000);
    clock.offsetMs = -500_000;
    await clock.advance(10);
    expect(now()).toBe(1_000_010);
    clock.offsetMs = 2_000;
    await clock.advance(10);
    expect(now()).toBe(1_002_020);
  });

  it('loses no fraction of a millisecond while it carries on alone', async () => {
    const clock = new Jumping(1_000_000);
    const now = createSteadyNow(clock);
    clock.offsetMs = -500_000;
    for (let i = 0; i < 40; i++) {
      await clock.advance(0.25);
      now();
    }
    expect(now()).toBe(1_000_010);
  });
});
