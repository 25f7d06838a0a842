/**
 * Characters that a terminal acts on or that make text look like another: C1 controls, zero-width
 * characters, line separators, and those that turn the writing direction.
 */
// oxlint-disable-next-line no-misleading-character-class -- each stands for itself
const UNSAFE = /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** Text in double quotes, with everything that is no plain character escaped as JSON has it. */
export function quoteForTerminal(text: string): string {
  return JSON.stringify(text).replace(
    UNSAFE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
