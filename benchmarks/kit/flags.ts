import { parseArgs } from 'node:util';

export interface Flags<Numbers, Texts> {
  readonly numbers: Numbers;
  readonly texts: Texts;
}

/**
 * Reads `--name value` from the command line: numbers of 0 and above, and texts, both with defaults.
 * `platformMs` is written `--platform-ms`.
 *
 * @throws {Error} an option that is not known, or a value that is no such number
 */
export function readFlags<
  const Numbers extends Readonly<Record<string, number>>,
  const Texts extends Readonly<Record<string, string>>,
>(
  numbers: Numbers,
  texts: Texts,
): Flags<{ readonly [Name in keyof Numbers]: number }, { readonly [Name in keyof Texts]: string }> {
  const names = [...Object.keys(numbers), ...Object.keys(texts)];
  const options = Object.fromEntries(
    names.map((name) => [flagOf(name), { type: 'string' }] as const),
  );
  const { values } = parseArgs({ options });
  const textOf = (name: string, fallback: string): string => values[flagOf(name)] ?? fallback;
  const read = Object.entries(numbers).map(([name, fallback]) => {
    const value = Number(textOf(name, String(fallback)));
    if (!(value >= 0)) throw new Error(`--${flagOf(name)} takes a number of 0 or above`);
    return [name, value] as const;
  });
  const said = Object.entries(texts).map(([name, text]) => [name, textOf(name, text)] as const);
  return {
    numbers: Object.fromEntries(read) as { readonly [Name in keyof Numbers]: number },
    texts: Object.fromEntries(said) as { readonly [Name in keyof Texts]: string },
  };
}

const flagOf = (name: string): string =>
  name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
