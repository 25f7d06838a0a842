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

function parseWhole(text: string, least: number): number {
  const number = /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= MOST) return number;
  throw new InvalidArgumentError(`a whole number from ${least} to ${MOST} is needed.`);
}

export function parsePort(text: string): number {
  const port = parseCount(text);
  if (port > 65_535) throw new InvalidArgumentError('a port is a number from 0 to 65535.');
  return port;
}

export function parsePositive(text: string): number {
  return parseWhole(text, 1);
}

/** `key=value`, gathered over repeated arguments. */
export function parsePairs(texts: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    texts.map((text) => {
      const at = text.indexOf('=');
      if (at < 1) throw new InvalidArgumentError(`${JSON.stringify(text)} is not key=value.`);
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}
