import { describe, expect, it } from 'vitest';
import { sleep } from '../lib/clock.ts';
import { silentLog } from '../lib/log.ts';
import { ManualClock } from '../lib/manual-clock.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { retentionOptions } from '../ledger/options.ts';
import { ledgerDuties, startDuties, type Duties, type Duty } from './duties.ts';
import { ALIVE_MS, BEAT_MS, HOLD_MS } from './instance.ts';

/** One `duty` row that several instances ask for, by the clock of the store. */
class DutyRow {
  readonly #clock: ManualClock;
  owner: string | undefined;
  until = 0;
  readonly away = new Set<string>();
  latencyMs = 0;

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  ledgerOf(name: string): Ledger {
    const ledger = {
      leases: 'beaten',
      holdDuty: async (_duty: string, forMs: number): Promise<boolean> => {
        if (this.latencyMs > 0) await sleep(this.#clock, this.latencyMs);
        if (this.away.has(name)) throw new Error('away');
        const now = this.#clock.wallMs();
        if (this.owner !== name && this.owner !== undefined && this.until > now) return false;
        this.owner = name;
        this.until = now + forMs;
        return true;
      },
      dropDuty: async (): Promise<void> => {
        if (this.owner === name) this.owner = undefined;
      },
    };
    // Duties ask nothing else of the ledger.
    return ledger as unknown as Ledger;
  }
}

function watched(doing: Set<string>, who: string): Duty {
  return {
    name: 'sealer',
    run: (signal) =>
      new Promise((resolve) => {
        doing.add(who);
        signal.addEventListener('abort', () => {
          doing.delete(who);
          resolve();
        });
      }),
  };
}

describe('startDuties', () => {
  it('has one holder at a time, and another one after the first falls silent', async () => {
    const clock = new ManualClock();
    const row = new DutyRow(clock);
    const doing = new Set<string>();
    const start = (who: string): Duties =>
      startDuties({
        ledger: row.ledgerOf(who),
        clock,
        log: silentLog,
        duties: [watched(doing, who)],
      });
    await using a = start('a');
    await clock.advance(1);
    await using b = start('b');
    await clock.advance(10 * BEAT_MS);
    expect([...doing]).toEqual(['a']);
    expect([a.held(), b.held()]).toEqual([['sealer'], []]);
    await b.foundElsewhere;
    expect([a.elsewhere(), b.elsewhere()]).toEqual([[], ['sealer']]);

    row.away.add('a');
    await clock.advance(HOLD_MS);
    expect([...doing]).toEqual([]);
    expect([a.held(), a.elsewhere()]).toEqual([[], []]);
    await clock.advance(ALIVE_MS - HOLD_MS + BEAT_MS);
    expect([...doing]).toEqual(['b']);
    row.away.clear();
    await clock.advance(BEAT_MS);
    expect([a.elsewhere(), b.elsewhere()]).toEqual([['sealer'], []]);
  });

  it('does not know where a duty is before the store has told', async () => {
    const clock = new ManualClock();
    const row = new DutyRow(clock);
    row.away.add('a');
    const duties = [watched(new Set(), 'a')];
    await using a = startDuties({ ledger: row.ledgerOf('a'), clock, log: silentLog, duties });
    await clock.advance(BEAT_MS);
    expect([a.held(), a.elsewhere()]).toEqual([[], []]);
    row.away.clear();
    await clock.advance(BEAT_MS);
    expect([a.held(), a.elsewhere()]).toEqual([['sealer'], []]);
  });

  it('keeps a duty through an outage of the store that is shorter than it is surely held', async () => {
    const clock = new ManualClock();
    const row = new DutyRow(clock);
    row.latencyMs = 1;
    let begun = 0;
    const duty = watched(new Set(), 'a');
    const run: Duty['run'] = (signal) => {
      begun += 1;
      return duty.run(signal);
    };
    const duties = [{ ...duty, run }];
    await using a = startDuties({ ledger: row.ledgerOf('a'), clock, log: silentLog, duties });
    await clock.advance(2 * BEAT_MS);
    row.away.add('a');
    await clock.advance(HOLD_MS - BEAT_MS - 700);
    row.away.clear();
    await clock.advance(10 * BEAT_MS);
    expect([a.held(), begun]).toEqual([['sealer'], 1]);
  });

  it('passes its duties on at once when it stops', async () => {
    const clock = new ManualClock();
    const row = new DutyRow(clock);
    const doing = new Set<string>();
    const options = { clock, log: silentLog };
    const a = startDuties({
      ...options,
      ledger: row.ledgerOf('a'),
      duties: [watched(doing, 'a')],
    });
    await clock.advance(1);
    expect(a.held()).toEqual(['sealer']);
    await a[Symbol.asyncDispose]();
    await using b = startDuties({
      ...options,
      ledger: row.ledgerOf('b'),
      duties: [watched(doing, 'b')],
    });
    await clock.advance(1);
    expect(b.held()).toEqual(['sealer']);
  });

  it('begins a duty again that ended early', async () => {
    const clock = new ManualClock();
    let begun = 0;
    const duty: Duty = {
      name: 'sweeper',
      run: async () => {
        begun += 1;
        throw new Error('no disk');
      },
    };
    const duties = startDuties({
      ledger: new DutyRow(clock).ledgerOf('a'),
      clock,
      log: silentLog,
      duties: [duty],
    });
    await clock.advance(5_500);
    expect(begun).toBe(6);
    await duties[Symbol.asyncDispose]();
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('ledgerDuties', () => {
  it('says what a sweep removed, and nothing of one that removed nothing', async () => {
    const clock = new ManualClock();
    const stop = new AbortController();
    const nothing = { feed: 0, requests: 0, outcomes: 0, outbox: 0, conversations: 0, audit: 0 };
    const swept = [{ ...nothing, feed: 3 }, nothing];
    const ledger = { sweep: async () => swept.shift() ?? nothing };
    const lines: unknown[] = [];
    const debug = (...line: readonly unknown[]): void => void lines.push(line);
    const sweeper = ledgerDuties({
      // The sweeper asks nothing else of the ledger.
      ledger: ledger as unknown as Ledger,
      clock,
      log: { ...silentLog, debug },
      retention: () => retentionOptions.parse({}),
    }).find(({ name }) => name === 'sweeper');
    const sweeping = sweeper?.run(stop.signal);
    await clock.advance(120_000);
    stop.abort();
    await sweeping;
    expect(lines).toEqual([['ledger.swept', { ...nothing, feed: 3 }]]);
  });
});
