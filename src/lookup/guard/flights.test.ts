import { describe, expect, it } from 'vitest';
import { Flights } from './flights.ts';

const never = new AbortController().signal;

/** Work that a test lands by hand, with the signal it was given. */
function work(): {
  readonly start: (signal: AbortSignal) => Promise<string>;
  readonly signals: AbortSignal[];
  readonly land: (value: string) => void;
  readonly crash: (error: Error) => void;
} {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const signals: AbortSignal[] = [];
  return {
    signals,
    start(signal) {
      signals.push(signal);
      signal.addEventListener('abort', () => reject(signal.reason));
      return promise;
    },
    land: resolve,
    crash: reject,
  };
}

describe('Flights', () => {
  it('does the work once for all who ask for the same key', async () => {
    const flights = new Flights<string>();
    const { start, signals, land } = work();
    const asked = ['a', 'a', 'a'].map((key) => flights.join(key, never, start));
    land('answer');
    expect(await Promise.all(asked)).toEqual(['answer', 'answer', 'answer']);
    expect(signals).toHaveLength(1);
    expect(flights.size).toBe(0);
  });

  it('gives a failure to everybody and tries anew for the next', async () => {
    const flights = new Flights<string>();
    const failing = work();
    const asked = [1, 2].map(() => flights.join('a', never, failing.start));
    failing.crash(new Error('down'));
    const results = await Promise.allSettled(asked);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    const next = work();
    next.land('up');
    expect(await flights.join('a', never, next.start)).toBe('up');
  });

  it('goes on for the others when one caller gives up', async () => {
    const flights = new Flights<string>();
    const { start, signals, land } = work();
    const leaver = new AbortController();
    const left = flights.join('a', leaver.signal, start);
    const stayed = flights.join('a', never, start);
    leaver.abort(new Error('gave up'));
    await expect(left).rejects.toThrow('gave up');
    expect(signals[0]?.aborted).toBe(false);
    land('answer');
    expect(await stayed).toBe('answer');
  });

  it('stops the work when the last caller has given up, and starts anew for a later one', async () => {
    const flights = new Flights<string>();
    const first = work();
    const leaver = new AbortController();
    const left = flights.join('a', leaver.signal, first.start);
    leaver.abort(new Error('gave up'));
    await expect(left).rejects.toThrow('gave up');
    expect(first.signals[0]?.aborted).toBe(true);
    const second = work();
    second.land('answer');
    expect(await flights.join('a', never, second.start)).toBe('answer');
  });

  it('stops everything for a reason, and waits until the work has let go', async () => {
    const flights = new Flights<string>();
    const { start } = work();
    const asked = flights.join('a', never, start);
    const stopped = flights.stop(new Error('shut down'));
    await expect(asked).rejects.toThrow('shut down');
    await stopped;
    expect(flights.size).toBe(0);
  });
});
