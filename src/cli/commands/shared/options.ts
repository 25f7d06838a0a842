import { InvalidArgumentError, type Command } from 'commander';

/** Options that several commands share, and the parsers of their values. */

export function withConfig(command: Command): Command {
  return command.option(
    '-c, --config <file>',
    'configuration (default: rapport.yaml here, else the environment)',
  );
}

export function withJson(command: Command): Command {
  return command.option('--json', 'print JSON for machines');
}

/** The largest number that is taken, of whatever. */
const MOST = 999_999_999;

export function parseCount(text: string): number {
  return parseWhole(text, 0);
}

function parseWhole(text: string, least: number, most: number = MOST): number {
  const number = /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}.`);
}

export function parsePort(text: string): number {
  return parseWhole(text, 0, 65_535);
}

export function parsePositive(text: string): number {
  return parseWhole(text, 1);
}

/** `key=value`, gathered over repeated arguments. */
export function parsePairs(texts: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    texts.map((text) => {
      const at = text.indexOf('=');
      if (at < 1)
        throw new InvalidArgumentError(`Expected key=value, found ${JSON.stringify(text)}.`);
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}
