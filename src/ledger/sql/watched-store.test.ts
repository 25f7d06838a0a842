import { describe, expect, it } from 'vitest';
import { createIdSource } from '../../lib/ids.ts';
import { ManualClock } from '../../lib/manual-clock.ts';
import { readFailed, writeFailed } from '../errors.ts';
import { ledgerOver } from '../open-ledger.ts';
import { SqliteStore } from '../sqlite/sqlite-store.ts';
import type { Unit } from './statement.ts';

describe('the health of a ledger', () => {
  it('is bad until a change of some size was taken, whatever small ones a full disk has room for', async () => {
    const clock = new ManualClock();
    const store = await SqliteStore.open({ path: ':memory:', clock });
    const run = store.run.bind(store);
    let isFull = false;
    store.run = (unit: Unit) =>
      isFull && unit.some(({ query }) => query.name === 'liveness.probe')
        ? Promise.reject(writeFailed(new Error('database or disk is full'), 'sqlite'))
        : run(unit);
    const newId = createIdSource(clock);
    const options = { store: 'sqlite::memory:', clock, newId, random: () => 0 };
    await using ledger = await ledgerOver(store, options);
    expect(ledger.health).toMatchObject({ trouble: undefined, failures: 0 });

    isFull = true;
    await expect(ledger.probe()).rejects.toMatchObject({ fault: 'store' });
    await ledger.claim(1);
    expect(ledger.health).toMatchObject({ trouble: 'its disk is full', failures: 1 });
    isFull = false;
    await ledger.probe();
    expect(ledger.health).toMatchObject({ trouble: undefined, failures: 1 });
  });

  it('is bad while a change is not answered, and after a question that could not be', async () => {
    const clock = new ManualClock();
    const store = await SqliteStore.open({ path: ':memory:', clock });
    const { run, read } = { run: store.run.bind(store), read: store.read.bind(store) };
    const newId = createIdSource(clock);
    const options = { store: 'sqlite::memory:', clock, newId, random: () => 0 };
    await using ledger = await ledgerOver(store, options);
    const thawed = Promise.withResolvers<void>();
    store.run = async (unit: Unit) => {
      await thawed.promise;
      return run(unit);
    };
    const claiming = ledger.claim(1);
    await clock.advance(4_999);
    expect(ledger.health.trouble).toBeUndefined();
    await clock.advance(1);
    expect(ledger.health.trouble).toBe('it does not answer');
    thawed.resolve();
    await claiming;
    expect(ledger.health.trouble).toBeUndefined();

    store.read = () => Promise.reject(readFailed(new Error('Connection terminated'), 'postgres'));
    await expect(ledger.depth()).rejects.toMatchObject({ fault: 'store' });
    store.read = read;
    await ledger.depth();
    expect(ledger.health.trouble).toBe('it cannot be reached');
    await ledger.probe();
    expect(ledger.health.trouble).toBeUndefined();
  });
});
