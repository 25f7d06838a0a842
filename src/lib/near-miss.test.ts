import { describe, expect, it } from 'vitest';
import { nearMiss } from './near-miss.ts';

describe('nearMiss', () => {
  it.for([
    ['lisen', 'listen'],
    ['atributes', 'attributes'],
    ['ATTRIBUTES', 'attributes'],
    ['fromt', 'from'],
    ['form', 'from'],
    ['attr', 'attributes'],
    ['colour', undefined],
    ['x', undefined],
    ['', undefined],
  ] as const)('takes %j for %j', ([word, meant]) => {
    expect(nearMiss(word, ['listen', 'attributes', 'from'])).toBe(meant);
  });
});
