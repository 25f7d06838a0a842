import { describe, expect, it } from 'vitest';
import { RapportError } from '../domain/errors.ts';
import { silentLog } from '../lib/log.ts';
import { ManualClock } from '../lib/manual-clock.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { BEAT_MS, HOLD_MS, startInstance } from './instance.ts';

/** The part of a shared ledger that beats go to; it can be cut off. */
class Heart {
  readonly leases = 'beaten';
  isAway = false;
  beats = 0;
  hanging: PromiseWithResolvers<void> | undefined;

  async beat(): Promise<void> {
    this.beats += 1;
    if (this.hanging !== undefined) await this.hanging.promise;
    if (this.isAway) throw new RapportError({ code: 'ERR_LEDGER_WRITE', message: 'away' });
  }

  takenBack = 0;

  takeBackOwn(): Promise<number> {
    this.takenBack += 1;
    return Promise.resolve(1);
  }

  takeOver(): Promise<number> {
    return Promise.resolve(0);
  }

  asLedger(): Ledger {
    // An instance asks nothing else of its ledger.
    return this as unknown as Ledger;
  }
}

describe('startInstance', () => {
  it('keeps its lease for as long as beats are confirmed', async () => {
    const clock = new ManualClock();
    const heart = new Heart();
    await using instance = await startInstance({ ledger: heart.asLedger(), clock, log: silentLog });
    const lease = instance.lease();
    await clock.advance(10 * HOLD_MS);
    expect(lease.signal.aborted).toBe(false);
    expect(heart.beats).toBe(1 + (10 * HOLD_MS) / BEAT_MS);
    expect(lease.remainingMs()).toBeGreaterThan(HOLD_MS - BEAT_MS - 1);
  });

  it('gives its lease up before others may take it, and takes a new one when beats go through', async () => {
    const clock = new ManualClock();
    const heart = new Heart();
    await using instance = await startInstance({ ledger: heart.asLedger(), clock, log: silentLog });
    const lease = instance.lease();
    heart.isAway = true;
    await clock.advance(HOLD_MS - 1);
    expect([lease.signal.aborted, lease.remainingMs()]).toEqual([false, 1]);
    await clock.advance(1);
    expect([lease.signal.aborted, lease.remainingMs()]).toEqual([true, 0]);
    expect(instance.lease().remainingMs()).toBe(0);
    expect(heart.takenBack).toBe(0);
    heart.isAway = false;
    await clock.advance(BEAT_MS);
    expect(heart.takenBack).toBe(1);
    expect(instance.lease().remainingMs()).toBeGreaterThan(0);
    expect(lease.signal.aborted).toBe(true);
  });

  it('keeps its lease through an outage that is over shortly before the lease would be', async () => {
    const clock = new ManualClock();
    const heart = new Heart();
    await using instance = await startInstance({ ledger: heart.asLedger(), clock, log: silentLog });
    const lease = instance.lease();
    heart.isAway = true;
    await clock.advance(HOLD_MS - 600);
    heart.isAway = false;
    await clock.advance(10 * HOLD_MS);
    expect([lease.signal.aborted, heart.takenBack]).toEqual([false, 0]);
  });

  it('counts a beat from when it was sent, however late it is confirmed', async () => {
    const clock = new ManualClock();
    const heart = new Heart();
    await using instance = await startInstance({ ledger: heart.asLedger(), clock, log: silentLog });
    const lease = instance.lease();
    heart.hanging = Promise.withResolvers();
    await clock.advance(BEAT_MS + 1_500);
    heart.hanging.resolve();
    await clock.advance(0);
    expect(lease.remainingMs()).toBe(HOLD_MS - 1_500);
  });

  it('leaves no timer behind', async () => {
    const clock = new ManualClock();
    const heart = new Heart();
    const instance = await startInstance({ ledger: heart.asLedger(), clock, log: silentLog });
    await instance[Symbol.asyncDispose]();
    expect(clock.pendingTimers).toBe(0);
  });
});
