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

export function parseCount(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('a whole number from 0 is needed.');
  return Number(text);
}

export function parsePort(text: string): number {
  const port = parseCount(text);
  if (port > 65_535) throw new InvalidArgumentError('a port is a number from 0 to 65535.');
  return port;
}

export function parsePositive(text: string): number {
  const count = parseCount(text);
  if (count === 0) throw new InvalidArgumentError('a whole number from 1 is needed.');
  return count;
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
