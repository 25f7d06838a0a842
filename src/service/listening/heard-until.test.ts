import { describe, expect, it } from 'vitest';
import { createIntake } from '../../intake/create-intake.ts';
import { GapFiller } from '../../intake/listening/gap-fill.ts';
import { createSeen } from '../../intake/seen.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { openInMemory } from '../../ledger/ledger.fixture.ts';
import { silentLog } from '../../lib/log.ts';
import { ManualClock } from '../../lib/manual-clock.ts';
import { HeardUntil } from './heard-until.ts';

const NAME = 'listen:support';
/** The last look at a gap, in milliseconds after the first. */
const LAST_LOOK_MS = 150_000;

/** One instance that listens and hears everything up to now, until it dies or is stopped. */
async function listen(ledger: Ledger, clock: ManualClock) {
  const filler = new GapFiller({
    find: () => Promise.resolve([]),
    inlet: createIntake({ seen: createSeen(), listensTo: () => true }),
    accept: () => Promise.resolve([]),
    onReport: () => undefined,
    clock,
    random: () => 0,
    log: silentLog,
  });
  let isListening = true;
  const heard = await HeardUntil.open({
    ledger,
    heardUntilMs: () => (isListening ? clock.wallMs() : undefined),
    openSinceMs: () => filler.openSinceMs,
    clock,
    log: silentLog,
  });
  const stopping = new AbortController();
  const end = Promise.withResolvers<void>();
  const live = Promise.withResolvers<void>();
  const listening = heard.during(NAME, stopping.signal, () => {
    live.resolve();
    return end.promise;
  });
  await live.promise;
  const die = async (): Promise<void> => {
    isListening = false;
    end.resolve();
    await listening;
    await filler[Symbol.asyncDispose]();
  };
  return {
    filler,
    missing: heard.gapBefore(clock.wallMs()),
    /** Without a word: as after `kill -9`, nothing is noted any more. */
    die,
    async stop() {
      stopping.abort();
      await die();
    },
  };
}

/** Lets time pass, and the ledger come along. */
async function pass(ledger: Ledger, clock: ManualClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 10_000) {
    await clock.advance(10_000);
    await ledger.notes.read(NAME);
  }
}

describe('HeardUntil', () => {
  it('has the next listener ask for a gap that the one before did not live to fill', async () => {
    const clock = new ManualClock();
    await using ledger = await openInMemory(clock);
    const first = await listen(ledger, clock);
    const fromMs = clock.wallMs() - 60_000;
    first.filler.add({ fromMs, toMs: clock.wallMs(), reason: 'channel lost' });
    await pass(ledger, clock, LAST_LOOK_MS - 10_000);
    await first.die();
    const second = await listen(ledger, clock);
    expect(second.missing).toEqual({ fromMs, toMs: clock.wallMs(), reason: 'nobody listened' });
    await second.die();
  });

  it('leaves a gap to the next listener also when it is stopped before it noted anything', async () => {
    const clock = new ManualClock();
    await using ledger = await openInMemory(clock);
    const first = await listen(ledger, clock);
    const fromMs = clock.wallMs() - 60_000;
    first.filler.add({ fromMs, toMs: clock.wallMs(), reason: 'nobody listened' });
    await clock.advance(5000);
    await first.stop();
    await clock.advance(600_000);
    const second = await listen(ledger, clock);
    expect(second.missing).toMatchObject({ fromMs });
    await second.die();
  });

  it('notes at a stop how far it has heard, when nothing is open', async () => {
    const clock = new ManualClock();
    await using ledger = await openInMemory(clock);
    const first = await listen(ledger, clock);
    await clock.advance(5000);
    await first.stop();
    const stoppedAt = clock.wallMs();
    await clock.advance(600_000);
    const second = await listen(ledger, clock);
    expect(second.missing).toMatchObject({ fromMs: stoppedAt });
    await second.die();
  });

  it('asks for nothing that was heard or filled, but for the last seconds', async () => {
    const clock = new ManualClock();
    await using ledger = await openInMemory(clock);
    const first = await listen(ledger, clock);
    first.filler.add({ fromMs: clock.wallMs() - 60_000, toMs: clock.wallMs(), reason: 'lost' });
    await pass(ledger, clock, LAST_LOOK_MS + 20_000);
    await first.die();
    const diedAt = clock.wallMs();
    await clock.advance(600_000);
    const second = await listen(ledger, clock);
    expect(second.missing).toMatchObject({ fromMs: diedAt, toMs: diedAt + 600_000 });
    await second.die();
    expect(clock.pendingTimers).toBe(0);
  });
});
