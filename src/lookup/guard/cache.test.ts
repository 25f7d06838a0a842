import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../lib/manual-clock.ts';
import { AnswerCache, type CacheOptions } from './cache.ts';

const OPTIONS: CacheOptions = {
  freshMs: 100,
  staleMs: 1000,
  notFoundMs: 50,
  max: 3,
  maxBytes: 10_000,
};

const found = (value: unknown, bytes = 10) => ({ found: true, value, bytes }) as const;

describe('AnswerCache', () => {
  it('calls an answer fresh, then stale, then has it no more', async () => {
    const clock = new ManualClock();
    using cache = new AnswerCache(clock, OPTIONS);
    cache.put('id', 'key', found('gold'));
    const ages: unknown[] = [];
    for (const ms of [0, 99, 1, 1000, 1]) {
      await clock.advance(ms);
      const hit = cache.get('id');
      ages.push(hit === undefined ? 'gone' : [hit.ageMs, hit.isFresh]);
    }
    expect(ages).toEqual([[0, true], [99, true], [100, false], [1100, false], 'gone']);
  });

  it('keeps "not found" for its own window', async () => {
    const clock = new ManualClock();
    using cache = new AnswerCache(clock, OPTIONS);
    cache.put('id', 'key', { found: false });
    await clock.advance(49);
    expect(cache.get('id')?.isFresh).toBe(true);
    await clock.advance(2);
    expect(cache.get('id')).toBeUndefined();
  });

  it('drops the least recently used when there are too many', () => {
    using cache = new AnswerCache(new ManualClock(), OPTIONS);
    for (const id of ['a', 'b', 'c']) cache.put(id, id, found(id));
    cache.get('a');
    cache.put('d', 'd', found('d'));
    expect(['a', 'b', 'c', 'd'].filter((id) => cache.get(id) !== undefined)).toEqual([
      'a',
      'c',
      'd',
    ]);
  });

  it('stays within its memory, and does not keep what is larger than all of it', () => {
    using cache = new AnswerCache(new ManualClock(), OPTIONS);
    cache.put('a', 'a', found('a', 6000));
    cache.put('b', 'b', found('b', 6000));
    expect([cache.get('a'), cache.get('b')?.answer]).toEqual([undefined, found('b', 6000)]);
    cache.put('c', 'c', found('c', 10_001));
    expect(cache.get('c')).toBeUndefined();
  });

  it('forgets a customer, under every conversation', () => {
    using cache = new AnswerCache(new ManualClock(), OPTIONS);
    cache.put('1', 'anna', found('x'));
    cache.put('2', 'anna', found('y'));
    cache.put('3', 'bert', found('z'));
    expect(cache.forget((key) => key === 'anna')).toBe(2);
    expect(cache.size).toBe(1);
  });

  it('removes answers whose time is over though nobody asks, and leaves no timer when empty', async () => {
    const clock = new ManualClock();
    using cache = new AnswerCache(clock, OPTIONS);
    cache.put('id', 'key', found('gold'));
    await clock.advance(3000);
    expect(cache.size).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it('keeps nothing when its windows are 0', () => {
    const clock = new ManualClock();
    using cache = new AnswerCache(clock, { ...OPTIONS, freshMs: 0, staleMs: 0, notFoundMs: 0 });
    cache.put('id', 'key', found('gold'));
    cache.put('id2', 'key', { found: false });
    expect(cache.size).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it('lets go of everything when it is disposed', () => {
    const clock = new ManualClock();
    {
      using cache = new AnswerCache(clock, OPTIONS);
      cache.put('id', 'key', found('gold'));
      expect(clock.pendingTimers).toBe(1);
    }
    expect(clock.pendingTimers).toBe(0);
  });
});
