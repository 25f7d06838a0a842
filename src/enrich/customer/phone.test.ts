import * as fc from 'fast-check';
import { parsePhoneNumberFromString } from 'libphonenumber-js/min';
import { describe, expect, it } from 'vitest';
import { loadToE164 } from './phone.ts';

describe('loadToE164', () => {
  it('reads numbers of the North American plan as the library does, which it does not ask', async () => {
    const toE164 = [await loadToE164(), await loadToE164('DE')];
    const number = fc
      .tuple(fc.integer({ min: 2, max: 9 }), fc.stringMatching(/^\d{6,11}$/))
      .map(([first, rest]) => `+1${first}${rest}`);
    fc.assert(
      fc.property(number, (text) => {
        const parsed = parsePhoneNumberFromString(text, { extract: false });
        const expected = parsed?.isPossible() === true ? parsed.number : undefined;
        expect(toE164.map((read) => read(text))).toEqual([expected, expected]);
      }),
    );
  });
});
