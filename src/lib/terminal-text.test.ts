import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quoteForTerminal } from './terminal-text.ts';

describe('quoteForTerminal', () => {
  it.each([
    ['an escape sequence', '\u001B[2J', String.raw`"\u001b[2J"`],
    ['a turn of the writing direction', 'a\u202Eb', String.raw`"a\u202eb"`],
    ['an invisible tag beyond the basic plane', 'a\u{E0020}', String.raw`"a\udb40\udc20"`],
    ['ordinary text of any script', 'Élodie 東京', '"Élodie 東京"'],
  ])('shows %s', (_what, text, shown) => {
    expect(quoteForTerminal(text)).toBe(shown);
  });

  it('leaves nothing for a terminal to act on, and can be read back', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.constantFrom('', '\u{E0041}', '\u0007', '\u200B'),
        (text, extra) => {
          const shown = quoteForTerminal(text + extra);
          expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
          expect(JSON.parse(shown)).toBe(text + extra);
        },
      ),
    );
  });
});
