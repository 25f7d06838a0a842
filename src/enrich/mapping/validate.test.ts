import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { limitOptions } from '../options.ts';
import { findSensitive, passesLuhn } from './sensitive.ts';
import { validateAttributes, type Candidate } from './validate.ts';

const numRuns = Number(process.env['RAPPORT_RUNS'] ?? 60);

const candidate = (key: string, text = 'x', required = false): Candidate => ({
  key,
  text,
  class: 'public',
  required,
});
const limits = (more: object = {}): ReturnType<typeof limitOptions.parse> =>
  limitOptions.parse(more);

const droppedBy = (candidates: readonly Candidate[], more: object = {}): readonly string[] =>
  validateAttributes(candidates, limits(more)).dropped.map(({ key, reason }) => `${key} ${reason}`);

describe('validateAttributes', () => {
  it('keeps ordinary attributes, in their order', () => {
    const candidates = [
      candidate('crm.tier'),
      candidate('crm.id'),
      candidate('Größe'),
      candidate('__proto__'),
    ];
    expect(validateAttributes(candidates, limits())).toEqual({ kept: candidates, dropped: [] });
  });

  it.for([
    ['context.name', 'reserved-prefix'],
    ['ivr.choice', 'reserved-prefix'],
    ['conversationDetails.participantData.tier', 'reserved-prefix'],
    ['', 'key-not-allowed'],
    [' crm.tier', 'key-not-allowed'],
    ['crm.\u0000tier', 'key-not-allowed'],
    ['crm.\ud800', 'key-not-allowed'],
    ['k'.repeat(129), 'key-not-allowed'],
  ])('refuses the key %j: %s', ([key = '', reason = '']) => {
    expect(droppedBy([candidate(key)])).toEqual([`${key} ${reason}`]);
  });

  it('writes a reserved prefix where the configuration allows it', () => {
    expect(
      droppedBy([candidate('conversationDetails.tier')], {
        allowPrefixes: ['conversationDetails.'],
      }),
    ).toEqual([]);
  });

  it('drops what is too long, and says how long it was', () => {
    const { dropped } = validateAttributes(
      [candidate('crm.note', 'x'.repeat(11))],
      limits({ maxValueLength: 10 }),
    );
    expect(dropped).toEqual([
      { key: 'crm.note', reason: 'value-too-long', detail: '11 characters, at most 10' },
    ]);
  });

  it('drops the last optional keys first, then the last required ones, when there are too many', () => {
    const candidates = [
      candidate('a'),
      candidate('b', 'x', true),
      candidate('c'),
      candidate('d', 'x', true),
      candidate('e'),
    ];
    expect(droppedBy(candidates, { maxKeys: 3 })).toEqual(['e too-many-keys', 'c too-many-keys']);
    expect(droppedBy(candidates, { maxKeys: 1 })).toEqual([
      'e too-many-keys',
      'c too-many-keys',
      'a too-many-keys',
      'd too-many-keys',
    ]);
  });

  it('keeps the patch within its bytes, counting the text as it is sent', () => {
    const candidates = [candidate('a', 'é'.repeat(20)), candidate('b', '"'.repeat(20))];
    expect(droppedBy(candidates, { maxBytes: 110 })).toEqual([]);
    expect(droppedBy(candidates, { maxBytes: 90 })).toEqual(['b patch-too-large']);
  });

  it('never exceeds a limit, never loses a key without a record, and trims the same in any run', () => {
    const anyCandidate = fc.record({
      key: fc.string({ minLength: 1, maxLength: 6 }),
      text: fc.string({ unit: 'binary', maxLength: 40 }),
      class: fc.constant('public' as const),
      required: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.uniqueArray(anyCandidate, { selector: ({ key }) => key, maxLength: 20 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 64, max: 400 }),
        (candidates, maxKeys, maxBytes) => {
          const set = limits({ maxKeys, maxBytes });
          const { kept, dropped } = validateAttributes(candidates, set);
          const body = JSON.stringify({
            attributes: Object.fromEntries(kept.map(({ key, text }) => [key, text])),
          });
          expect(kept.length).toBeLessThanOrEqual(maxKeys);
          expect(kept.length === 0 ? 0 : Buffer.byteLength(body)).toBeLessThanOrEqual(maxBytes);
          expect([...kept, ...dropped].map(({ key }) => key).toSorted()).toEqual(
            candidates.map(({ key }) => key).toSorted(),
          );
          expect(validateAttributes(kept, set)).toEqual({ kept, dropped: [] });
          expect(validateAttributes(candidates, set)).toEqual({ kept, dropped });
        },
      ),
      { numRuns },
    );
  });
});

describe('findSensitive', () => {
  it.for([
    ['note', '4111111111111111', 'card-number'],
    ['note', 'paid with 4111-1111-1111-1111 today', 'card-number'],
    ['note', '3782 822463 10005', 'card-number'],
    ['note', '{"card":"5555555555554444"}', 'card-number'],
    ['note', '42 4111 1111 1111 1111', 'card-number'],
    ['note', '6011111111111117', 'card-number'],
    ['crm.cvv', '123', 'card-security-code'],
    ['cardSecurityCode', ' 1234 ', 'card-security-code'],
    ['note', '{"cvc2": "123"}', 'card-security-code'],
    ['note', '{"card":{"cvv":123}}', 'card-security-code'],
  ] as const)('finds in %s = %s a %s', ([key, text, kind]) => {
    expect(findSensitive(key, text)).toBe(kind);
  });

  it.for([
    ['crm.phone', '+15551230001'],
    ['crm.phone', '+4111111111111111'],
    ['crm.since', '2026-01-05T09:00:00.000Z'],
    ['crm.at', '1767603600000'],
    ['crm.id', '4111111111111112'],
    ['crm.id', 'A4111111111111111'],
    ['crm.id', '123e4567-e89b-12d3-a456-426614174000'],
    ['crm.iban', 'DE89 3704 0044 0532 0130 00'],
    ['crm.score', '123'],
    ['crm.cvvStatus', 'checked'],
    ['crm.amount', '4111111111111111.50'],
    ['crm.ratio', '0.4111111111111111'],
  ] as const)('leaves %s = %s alone', ([key, text]) => {
    expect(findSensitive(key, text)).toBeUndefined();
  });

  it('takes time in proportion to the text', () => {
    const hostile = [
      '4 '.repeat(40_000),
      '4-1-'.repeat(20_000),
      '"a":1,'.repeat(10_000),
      '"'.repeat(60_000),
    ];
    expect(hostile.map((text) => findSensitive('note', text))).toHaveLength(4);
  });

  it('knows the check digit of every number that has one', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^\d{12,18}$/), (digits) => {
        const valid = Array.from({ length: 10 }, (_, i) => `${digits}${i}`).filter(passesLuhn);
        expect(valid).toHaveLength(1);
      }),
      { numRuns },
    );
  });
});
