import { describe, expect, it } from 'vitest';
import type { Gap } from '../../intake/channel/ports.ts';
import { writeFailed } from '../../ledger/errors.ts';
import type { StoreHealth } from '../../ledger/ledger.ts';
import { silentLog, type LogFields } from '../../lib/log.ts';
import { ManualClock } from '../../lib/manual-clock.ts';
import type { EventReceipt } from '../inlet.ts';
import { HeldFrames } from './held-frames.ts';

/** An inlet over a store that may be away, and what it took in. */
class Stage implements AsyncDisposable {
  readonly clock: ManualClock = new ManualClock(0);
  readonly taken: string[] = [];
  readonly gaps: Gap[] = [];
  readonly lines: [string, LogFields | undefined][] = [];
  isAway = false;
  /** As far as is known: the store's first failure makes it so. */
  isKnownAway = false;
  attempts = 0;
  /** What a frame's first answer waits for. */
  readonly before: Map<string, Promise<void>> = new Map();
  readonly frames: HeldFrames;

  get health(): StoreHealth {
    const trouble = this.isKnownAway ? 'it cannot be reached' : undefined;
    return { trouble, failures: 0, lastFailure: undefined };
  }

  constructor(maxHeld?: number) {
    this.frames = new HeldFrames({
      inlet: { take: (frame, options) => this.#take(String(frame), options?.isLate) },
      ledger: this,
      gaps: { add: (gap) => void this.gaps.push(gap) },
      clock: this.clock,
      log: { ...silentLog, info: (event, fields) => void this.lines.push([event, fields]) },
      maxHeld,
    });
  }

  async #take(frame: string, isLate = false): Promise<EventReceipt> {
    this.attempts += 1;
    const waitedFor = this.before.get(frame);
    this.before.delete(frame);
    await waitedFor;
    if (this.isAway) throw writeFailed(new Error('connect ECONNREFUSED'), 'postgres');
    if (frame.startsWith('bad')) throw new Error('not a frame');
    this.taken.push(isLate ? `${frame} late` : frame);
    return { accepted: [], observed: 1, ignored: undefined };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.frames[Symbol.asyncDispose]();
  }
}

describe('HeldFrames', () => {
  it('takes in what came while the store was away once it is back, in the order in which it came', async () => {
    await using stage = new Stage();
    const { clock, frames, taken } = stage;
    stage.isAway = true;
    stage.isKnownAway = true;
    await Promise.all(['a', 'b'].map((frame) => frames.take(frame)));
    await clock.advance(1_000);
    expect(frames.sinceMs).toBe(0);
    stage.isAway = false;
    // Behind what waits, although it could be taken at once.
    await frames.take('c');
    expect(taken).toEqual([]);
    stage.isKnownAway = false;
    await clock.advance(250);
    expect(taken).toEqual(['a late', 'b late', 'c late']);
    expect(frames.sinceMs).toBeUndefined();
    expect(stage.lines).toEqual([['channel.frames-taken-late', { frames: 3, forMs: 1_250 }]]);
    await frames.take('d');
    expect(taken.at(-1)).toBe('d');
  });

  it('does not try a store that is known to be away, and stops at the first refusal of one that seemed back', async () => {
    await using stage = new Stage();
    const { clock, frames } = stage;
    stage.isAway = true;
    await frames.take('a');
    expect(stage.attempts).toBe(1);
    await clock.advance(1_000);
    expect(stage.attempts).toBe(5);
    stage.isKnownAway = true;
    await clock.advance(60_000);
    expect(stage.attempts).toBe(5);
  });

  it('refuses what there is no room for with what the store says', async () => {
    await using stage = new Stage(2);
    const { clock, frames, taken } = stage;
    stage.isAway = true;
    await Promise.all(['a', 'b'].map((frame) => frames.take(frame)));
    await expect(frames.take('c')).rejects.toMatchObject({ code: 'ERR_LEDGER_WRITE' });
    stage.isAway = false;
    await clock.advance(250);
    expect(taken).toEqual(['a late', 'b late']);
  });

  it('leaves to gap fill what fails for another reason than the store', async () => {
    await using stage = new Stage();
    const { clock, frames, taken } = stage;
    await expect(frames.take('bad')).rejects.toThrow('not a frame');
    stage.isAway = true;
    await Promise.all(['a', 'bad', 'b'].map((frame) => frames.take(frame)));
    stage.isAway = false;
    await clock.advance(250);
    expect(taken).toEqual(['a late', 'b late']);
    expect(stage.gaps).toEqual([{ fromMs: 0, toMs: 250, reason: 'frames could not be taken' }]);
  });

  it('takes in again what the store refuses at the very moment at which nothing is kept any more', async () => {
    for (let ticks = 0; ticks < 16; ticks += 1) {
      await using stage = new Stage();
      const { clock, frames, taken } = stage;
      const refused = Promise.withResolvers<void>();
      stage.before.set('slow', refused.promise);
      stage.isAway = true;
      const slow = frames.take('slow');
      await frames.take('a');
      stage.isAway = false;
      const back = Promise.withResolvers<void>();
      stage.before.set('a', back.promise);
      await clock.advance(250);
      back.resolve();
      for (let tick = 0; tick < ticks; tick += 1) await Promise.resolve();
      refused.reject(writeFailed(new Error('connect ECONNREFUSED'), 'postgres'));
      await slow;
      await clock.advance(250);
      expect(taken).toEqual(['a late', 'slow late']);
    }
  });

  it('gives up what it keeps when it is disposed, and keeps nothing after', async () => {
    const stage = new Stage();
    stage.isAway = true;
    await stage.frames.take('a');
    await stage[Symbol.asyncDispose]();
    expect(stage.frames.sinceMs).toBe(0);
    expect(stage.clock.pendingTimers).toBe(0);
    await expect(stage.frames.take('b')).rejects.toMatchObject({ fault: 'store' });
  });
});
