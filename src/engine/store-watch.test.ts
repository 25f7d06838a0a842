import { describe, expect, it } from 'vitest';
import { createIdSource } from '../lib/ids.ts';
import { silentLog } from '../lib/log.ts';
import { ManualClock } from '../lib/manual-clock.ts';
import type { RapportError } from '../domain/errors.ts';
import { writeFailed } from '../ledger/errors.ts';
import type { StoreHealth } from '../ledger/ledger.ts';
import { ledgerOver } from '../ledger/open-ledger.ts';
import { query } from '../ledger/sql/statement.ts';
import { SqliteStore } from '../ledger/sqlite/sqlite-store.ts';
import { watchStore } from './store-watch.ts';

const away = (): RapportError =>
  writeFailed(new Error('connect ECONNREFUSED 10.0.0.7:5432'), 'postgres');

/** A store to which somebody else beats, as far as the watch looks at it. */
class Beaten {
  readonly leases = 'beaten';
  health: StoreHealth = { trouble: undefined, failures: 0, lastFailure: undefined };

  isBack = false;

  async probe(): Promise<void> {
    if (this.isBack) this.works();
  }

  fails(times: number): void {
    const lastFailure = away();
    const failures = this.health.failures + times;
    this.health = { trouble: 'it cannot be reached', failures, lastFailure };
  }

  works(): void {
    this.health = { ...this.health, trouble: undefined };
  }
}

interface Watched extends AsyncDisposable {
  readonly clock: ManualClock;
  readonly store: Beaten;
  readonly lines: readonly unknown[];
}

function watchBeaten(): Watched {
  const clock = new ManualClock();
  const store = new Beaten();
  const lines: unknown[] = [];
  const note = (event: string, fields?: object): void => void lines.push({ event, ...fields });
  const log = { ...silentLog, info: note, warn: note, error: note };
  const watch = watchStore({ ledger: store, clock, log });
  return { clock, store, lines, [Symbol.asyncDispose]: () => watch[Symbol.asyncDispose]() };
}

const BEGINS = {
  event: 'ledger.not-writable',
  reason: 'it cannot be reached',
  message: expect.stringContaining('ECONNREFUSED'),
  nextStep: expect.stringContaining('reachable'),
};

describe('watchStore', () => {
  it('tells of an outage when it begins, once a minute, and when it is over', async () => {
    await using watched = watchBeaten();
    const { clock, store, lines } = watched;
    for (let second = 1; second <= 130; second += 1) {
      store.fails(5);
      await clock.advance(1_000);
    }
    store.isBack = true;
    await clock.advance(5_000);
    const lasts = { ...BEGINS, event: 'ledger.still-not-writable' };
    expect(lines).toEqual([
      BEGINS,
      { ...lasts, forMs: 60_000, failures: 305 },
      { ...lasts, forMs: 120_000, failures: 605 },
      { event: 'ledger.writable-again', forMs: 130_000, failures: 650 },
    ]);
  });

  it('tells once of a store that comes and goes, and of one that failed between two looks', async () => {
    await using watched = watchBeaten();
    const { clock, store, lines } = watched;
    for (let second = 1; second <= 3; second += 1) {
      store.fails(1);
      store.works();
      await clock.advance(1_000);
    }
    await clock.advance(1_000);
    const over = { event: 'ledger.writable-again', forMs: 3_000, failures: 3 };
    expect(lines).toEqual([BEGINS, over]);
  });

  it('tells when it is another trouble than before', async () => {
    await using watched = watchBeaten();
    const { clock, store, lines } = watched;
    store.fails(1);
    await clock.advance(1_000);
    store.health = { ...store.health, trouble: 'it cannot be written to' };
    await clock.advance(1_000);
    expect(lines).toEqual([BEGINS, { ...BEGINS, reason: 'it cannot be written to' }]);
  });

  it('learns within seconds that an idle store takes no changes, and that it does again', async () => {
    const clock = new ManualClock();
    const store = await SqliteStore.open({ path: ':memory:', clock });
    const newId = createIdSource(clock);
    const options = { store: 'sqlite::memory:', clock, newId, random: () => 0 };
    await using ledger = await ledgerOver(store, options);
    const pragma = (text: string) => store.read(query(`test.${text}`, `pragma ${text}`)({}));
    {
      await using watch = watchStore({ ledger, clock, log: silentLog });
      void watch;
      await pragma('query_only = 1');
      await clock.advance(5_000);
      await pragma('query_only');
      expect(ledger.health.trouble).toBe('it cannot be written to');
      await pragma('query_only = 0');
      await clock.advance(1_000);
      await pragma('query_only');
      expect(ledger.health.trouble).toBeUndefined();
    }
    expect(clock.pendingTimers).toBe(0);
  });
});
