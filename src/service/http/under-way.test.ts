import { describe, expect, it } from 'vitest';
import { createUnderWay } from './under-way.ts';

describe('createUnderWay', () => {
  it('gives one address no more than half of the places of callers who are not known', () => {
    const underWay = createUnderWay(4);
    const enter = (ip: string): boolean => underWay.enter({ ip }, 'unknown');
    expect([enter('2001:db8::1'), enter('2001:db8::2'), enter('2001:db8::3')]).toEqual([
      true,
      true,
      false,
    ]);
    expect([enter('192.0.2.1'), enter('192.0.2.2'), enter('192.0.2.3')]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('gives callers who are known all of theirs, wherever they come from, and takes each back once', () => {
    const underWay = createUnderWay(2);
    const [one, two, three] = [{ ip: '192.0.2.1' }, { ip: '192.0.2.1' }, { ip: '192.0.2.1' }];
    expect(underWay.enter(one, 'unknown')).toBe(true);
    underWay.toKnown(one);
    expect([underWay.enter(two, 'known'), underWay.enter(three, 'known')]).toEqual([true, false]);
    underWay.leave(one);
    underWay.leave(one);
    underWay.toKnown(one);
    expect([underWay.enter(three, 'known'), underWay.enter(one, 'known')]).toEqual([true, false]);
    expect(underWay.enter(one, 'unknown')).toBe(true);
  });
});
