import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ATTRIBUTE_TYPES, canonicalize, type AttributeType } from './canonical.ts';

const numRuns = Number(process.env['RAPPORT_RUNS'] ?? 100);

const textOf = (type: AttributeType, value: unknown, values?: readonly string[]): string => {
  const result = canonicalize(value, { type, values });
  return result.kind === 'text' ? result.text : `mismatch: ${result.actual}`;
};

describe('canonicalize', () => {
  it.for<readonly [AttributeType, unknown, string]>([
    ['auto', 'text', 'text'],
    ['auto', 12.5, '12.5'],
    ['auto', true, 'true'],
    ['auto', { b: 1, a: [null, 'x'] }, '{"a":[null,"x"],"b":1}'],
    ['auto', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['string', 7, '7'],
    ['string', { a: 1 }, 'mismatch: object'],
    ['integer', '007', '7'],
    ['integer', 3.0, '3'],
    ['integer', '3.00', '3'],
    ['integer', '12345678901234567890', '12345678901234567890'],
    ['integer', 1e21, '1000000000000000000000'],
    ['integer', 3.5, 'mismatch: decimal'],
    ['integer', 'three', 'mismatch: string'],
    ['decimal', 1e-7, '0.0000001'],
    ['decimal', '+1.50', '1.5'],
    ['decimal', '-0.0', '0'],
    ['decimal', '1,5', 'mismatch: string'],
    ['decimal', Number.NaN, 'mismatch: decimal'],
    ['decimal', '1e999', 'mismatch: string'],
    ['boolean', 'Yes', 'true'],
    ['boolean', 1, 'true'],
    ['boolean', 'no', 'false'],
    ['boolean', '0', 'false'],
    ['boolean', 'on', 'mismatch: string'],
    ['boolean', 2, 'mismatch: integer'],
    ['date', '2026-02-28', '2026-02-28'],
    ['date', '2026-02-30', 'mismatch: string'],
    ['date', '2023-10-01T23:30:00-05:00', '2023-10-01'],
    ['date', '28.02.2026', 'mismatch: string'],
    ['datetime', '2023-10-01T12:00:00Z', '2023-10-01T12:00:00.000Z'],
    ['datetime', '2023-10-01 12:00:00.5+02', 'mismatch: string'],
    ['datetime', '2023-10-01 12:00:00.5+0200', '2023-10-01T10:00:00.500Z'],
    ['datetime', '2023-10-01T12:00', '2023-10-01T12:00:00.000Z'],
    ['datetime', '2023-10-01', '2023-10-01T00:00:00.000Z'],
    ['datetime', '2023-02-29', 'mismatch: string'],
    ['datetime', 1_696_161_600_000, 'mismatch: integer'],
    ['datetime', new Date(Number.NaN), 'mismatch: datetime'],
    ['duration', 'p1dt2h', 'P1DT2H'],
    ['duration', 'PT', 'mismatch: string'],
    ['duration', 90, 'mismatch: integer'],
    ['currency', '12.50 eur', '12.50 EUR'],
    ['currency', 'EUR 12.50', '12.50 EUR'],
    ['currency', { amount: 12.5, code: 'usd' }, '12.5 USD'],
    ['currency', '12.50', 'mismatch: string'],
    ['json', '{"b":1,"a":2}', '{"a":2,"b":1}'],
    ['json', 'plain', '"plain"'],
    ['json', '12345678901234567890', '"12345678901234567890"'],
    ['json', '{"id":12345678901234567890,"n":12345}', '{"id":"12345678901234567890","n":12345}'],
  ])('writes as %s: %j becomes %j', ([type, value, expected]) => {
    expect(textOf(type, value)).toBe(expected);
  });

  it('writes an enum as it is listed, and refuses what is not', () => {
    expect(textOf('enum', 'GOLD', ['silver', 'gold'])).toBe('gold');
    expect(textOf('enum', 'lead', ['silver', 'gold'])).toBe('mismatch: string');
  });

  it('gives the same text when a text it wrote is written again', () => {
    const values = ['gold', 'yes', '0'];
    const anything = fc.oneof(
      fc.anything({ withBigInt: true, withDate: true }),
      fc.jsonValue(),
      fc.double(),
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      fc.constantFrom(
        'yes',
        'No',
        '1',
        '2026-01-31',
        'P1Y2M3W4DT5H6M7.8S',
        '12.50 EUR',
        'GOLD',
        '1e5',
        '-0',
      ),
    );
    fc.assert(
      fc.property(anything, fc.constantFrom(...ATTRIBUTE_TYPES), (value, type) => {
        const first = canonicalize(value, { type, values });
        if (first.kind === 'mismatch') return;
        expect(canonicalize(first.text, { type, values })).toEqual(first);
      }),
      { numRuns },
    );
  });

  it('never tells the value of what it refuses', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 12 }),
        fc.constantFrom(...ATTRIBUTE_TYPES),
        (secret, type) => {
          expect(
            JSON.stringify(
              canonicalize(
                { deep: [secret] },
                { type: type === 'auto' || type === 'json' ? 'integer' : type },
              ),
            ),
          ).not.toContain(JSON.stringify(secret).slice(1, -1));
        },
      ),
      { numRuns },
    );
  });

  it('writes the same JSON for members in any order', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (data) => {
        const reversed = Object.fromEntries(Object.entries(data).toReversed());
        expect(textOf('json', reversed)).toBe(textOf('json', data));
      }),
      { numRuns },
    );
  });

  it('stops at data that is small in memory and endless as text', () => {
    let nested: unknown = 'x';
    for (let i = 0; i < 60; i++) nested = { a: nested, b: nested };
    expect(textOf('json', nested)).toBe('mismatch: object');
  });
});
