import type { LogLevel } from '../../lib/log.ts';

/** What every line holds, beside its own fields. */
interface LogLine {
  readonly time: string;
  readonly level: LogLevel;
  readonly event: string;
}

/** A line of JSON as a line for people. What a field holds can neither break the line nor colour it. */
export function toTerminalLine(json: string): string {
  const { time, level, event, ...fields } = JSON.parse(json) as LogLine;
  const parts = Object.entries(fields)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => `${name}=${textOf(value)}`);
  return [time, level.padEnd(5), event, ...parts].join(' ') + '\n';
}

function textOf(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /[\s"=\p{Cc}\p{Cf}]/u.test(text) ? escaped(text) : text;
}

const escaped = (text: string): string =>
  JSON.stringify(text).replaceAll(
    /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
    (found) => `\\u${found.codePointAt(0)?.toString(16).padStart(4, '0') ?? ''}`,
  );
