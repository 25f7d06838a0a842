import { describe, expect, it } from 'vitest';
import { parseRetryAfter } from './retry-after.ts';

describe('parseRetryAfter', () => {
  it.each([
    ['7', 7000],
    ['0', 0],
    ['1.5', 1500],
    [' 3 ', 3000],
    ['Mon, 05 Jan 2026 09:00:30 GMT', 30_000],
    ['Mon, 05 Jan 2026 08:00:00 GMT', 0],
    ['999999999', 86_400_000],
    ['Fri, 31 Dec 9999 23:59:59 GMT', 86_400_000],
    ['2026', 2_026_000],
    ['1e9', undefined],
    ['NaN', undefined],
    ['-5', undefined],
    ['soon', undefined],
    ['', undefined],
    [undefined, undefined],
    [['4', '9'], 4000],
  ])('reads %j as %j', (header, waitMs) => {
    expect(parseRetryAfter(header, Date.UTC(2026, 0, 5, 9))).toBe(waitMs);
  });
});
