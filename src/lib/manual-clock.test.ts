import { describe, expect, it } from 'vitest';
import { sleep } from './clock.ts';
import { ManualClock } from './manual-clock.ts';

describe('ManualClock', () => {
  it('fires timers in due order, each at its own instant', async () => {
    const clock = new ManualClock(0);
    const fired: string[] = [];
    clock.timer(20, () => fired.push(`b@${clock.monotonicMs()}`));
    clock.timer(10, () => fired.push(`a@${clock.monotonicMs()}`));
    await clock.advance(30);
    expect(fired).toEqual(['a@10', 'b@20']);
    expect(clock.monotonicMs()).toBe(30);
  });

  it('fires timers that are set while time moves', async () => {
    const clock = new ManualClock(0);
    let beats = 0;
    const beat = (): void => {
      beats += 1;
      clock.timer(10, beat);
    };
    clock.timer(10, beat);
    await clock.advance(100);
    expect(beats).toBe(10);
    expect(clock.pendingTimers).toBe(1);
  });

  it('lets a chain of waits finish within one advance', async () => {
    const clock = new ManualClock(0);
    const chain = (async () => {
      await sleep(clock, 5);
      await sleep(clock, 5);
      return clock.monotonicMs();
    })();
    await clock.advance(10);
    expect(await chain).toBe(10);
  });

  it('never calls a timer that was cancelled', async () => {
    const clock = new ManualClock(0);
    let fired = false;
    clock.timer(5, () => (fired = true)).cancel();
    await clock.advance(10);
    expect(fired).toBe(false);
  });
});

describe('sleep', () => {
  it('rejects with the reason and leaves no timer when its signal aborts', async () => {
    const clock = new ManualClock(0);
    const controller = new AbortController();
    const wait = sleep(clock, 1000, controller.signal);
    controller.abort(new Error('stopped'));
    await expect(wait).rejects.toThrow('stopped');
    expect(clock.pendingTimers).toBe(0);
  });
});
