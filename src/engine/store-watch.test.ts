import { describe, expect, it } from 'vitest';
import { createIdSource } from '../lib/ids.ts';
import { silentLog } from '../lib/log.ts';
import { ManualClock } from '../lib/manual-clock.ts';
import { ledgerOver } from '../ledger/open-ledger.ts';
import { query } from '../ledger/sql/statement.ts';
import { SqliteStore } from '../ledger/sqlite/sqlite-store.ts';
import { watchStore } from './store-watch.ts';

describe('watchStore', () => {
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
      expect(ledger.trouble).toBe('it cannot be written to');
      await pragma('query_only = 0');
      await clock.advance(1_000);
      await pragma('query_only');
      expect(ledger.trouble).toBeUndefined();
    }
    expect(clock.pendingTimers).toBe(0);
  });
});
