import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSafeEqual } from './safe-equal.ts';

describe('isSafeEqual', () => {
  it('agrees with equality for any two texts, of whatever lengths', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (left, right) => {
        expect(isSafeEqual(left, right)).toBe(left === right);
        expect(isSafeEqual(left, left.slice())).toBe(true);
      }),
    );
  });
});
