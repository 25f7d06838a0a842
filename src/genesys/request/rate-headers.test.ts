import { describe, expect, it } from 'vitest';
import { parseRateHeaders } from './rate-headers.ts';

const headers = (count: string, allowed: string, reset: string): Map<string, string> =>
  new Map([
    ['inin-ratelimit-count', count],
    ['inin-ratelimit-allowed', allowed],
    ['inin-ratelimit-reset', reset],
  ]);

describe('parseRateHeaders', () => {
  it('reads the three together', () => {
    expect(parseRateHeaders(headers('7', ' 300 ', '61'))).toEqual({
      count: 7,
      allowed: 300,
      resetSeconds: 61,
    });
  });

  it.each([
    ['a missing one', new Map([['inin-ratelimit-count', '7']])],
    ['words', headers('seven', '300', '61')],
    ['negative numbers', headers('7', '300', '-1')],
    ['huge numbers', headers('7', '9'.repeat(40), '61')],
    ['an allowance of nothing', headers('7', '0', '61')],
  ])('says nothing for %s', (_name, given) => {
    expect(parseRateHeaders(given)).toBeUndefined();
  });
});
