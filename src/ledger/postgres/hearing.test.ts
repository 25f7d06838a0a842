import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, execute, type TestDatabase } from '../../../test/support/postgres.ts';
import { systemClock } from '../../lib/clock.ts';
import { silentLog } from '../../lib/log.ts';
import type { StoreSignal } from '../sql/store.ts';
import { PostgresStore } from './postgres-store.ts';

let database: TestDatabase | undefined;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database?.[Symbol.asyncDispose]());

function open(): Promise<PostgresStore> {
  const url = database?.url ?? '';
  return PostgresStore.open({ url, clock: systemClock, random: () => 0, log: silentLog });
}

/** The next signal of a kind that `store` hears. */
function heard(store: PostgresStore, kind: StoreSignal['kind']): Promise<StoreSignal> {
  return new Promise((resolve) => {
    const stop = store.subscribe((signal) => {
      if (signal.kind !== kind) return;
      stop();
      resolve(signal);
    });
  });
}

describe('PostgresStore', () => {
  it('hears what another instance publishes, and not itself', async () => {
    await using here = await open();
    await using there = await open();
    const own: StoreSignal[] = [];
    here.subscribe((signal) => own.push(signal));
    const due = heard(there, 'due');
    const feed = heard(there, 'feed');
    here.publish({ kind: 'due' });
    here.publish({ kind: 'feed', conversationId: 'c1' });
    expect(await due).toEqual({ kind: 'due' });
    expect(await feed).toEqual({ kind: 'feed', conversationId: 'c1' });
    // What comes back from the other side comes after anything of one's own would have.
    const answer = heard(here, 'feed');
    there.publish({ kind: 'feed', conversationId: 'c2' });
    await answer;
    expect(own).toEqual([{ kind: 'feed', conversationId: 'c2' }]);
  });

  it('listens again after its session was cut, and says that something may have been missed', async () => {
    await using here = await open();
    await using there = await open();
    const missed = heard(here, 'due');
    await execute(
      database?.url ?? '',
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid()`,
    );
    expect(await missed).toEqual({ kind: 'due' });
    const feed = heard(here, 'feed');
    there.publish({ kind: 'feed', conversationId: 'c3' });
    expect(await feed).toEqual({ kind: 'feed', conversationId: 'c3' });
  });

  it("knows the server's clock", async () => {
    await using store = await open();
    expect(Math.abs(store.now() - Date.now())).toBeLessThan(60_000);
  });

  it('names the server, and neither user nor password, when it cannot be reached', async () => {
    const unreachable = PostgresStore.open({
      url: 'postgres://somebody:secret-word@127.0.0.1:1/ledger',
      clock: systemClock,
      random: () => 0,
      log: silentLog,
    });
    const error: unknown = await unreachable.catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'ERR_LEDGER_OPEN',
      nextStep: expect.stringContaining('the server runs'),
    });
    expect(String(error)).toContain('127.0.0.1:1/ledger');
    expect(String(error)).not.toMatch(/secret-word|somebody/);
  });
});
