import { describe, expect, it } from 'vitest';
import { parseRetryAfter } from './retry-after.ts';

const now = Date.UTC(2026, 0, 5, 9, 0, 0);

describe('parseRetryAfter', () => {
  it.each([
    ['17', 17_000],
    [' 0 ', 0],
    ['1.5', 1_500],
    ['999999999', 86_400_000],
    ['Mon, 05 Jan 2026 09:00:30 GMT', 30_000],
    ['Mon, 05 Jan 2026 08:59:00 GMT', 0],
    ['Fri, 31 Dec 9999 23:59:59 GMT', 86_400_000],
    [undefined, undefined],
    ['', undefined],
    ['-5', undefined],
    ['2026', 2_026_000],
    ['soon', undefined],
    ['1e9', undefined],
    ['NaN', undefined],
  ])('reads %j as %j', (value, expected) => {
    expect(parseRetryAfter(value, now)).toBe(expected);
  });
});
