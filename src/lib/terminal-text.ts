/**
 * Characters that a terminal acts on or that make text look like another: controls, format characters
 * (zero-width ones, tags, those that turn the writing direction), line and paragraph separators.
 */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Text in double quotes, with everything that is no plain character escaped as JSON has it. */
export function quoteForTerminal(text: string): string {
  return JSON.stringify(text).replace(UNSAFE, escapeUnits);
}

/** The same without quotes, for a cell of a table: what a terminal would act on is escaped. */
export const plainForTerminal = (text: string): string => text.replace(UNSAFE, escapeUnits);

/** A character beyond the basic plane is two units, and two escapes. */
function escapeUnits(character: string): string {
  return character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}
