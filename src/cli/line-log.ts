import type { Clock } from '../lib/clock.ts';
import type { Log, LogFields } from '../lib/log.ts';

export interface LineLogOptions {
  readonly write: (text: string) => void;
  readonly clock: Clock;
  /** One JSON object a line; otherwise a line for people. */
  readonly json: boolean;
}

type Level = 'info' | 'warn' | 'error';

/** Writes each event on one line. What a field holds cannot break the line. */
export function createLineLog({ write, clock, json }: LineLogOptions): Log {
  const line = (level: Level, event: string, fields: LogFields = {}): void => {
    const time = new Date(clock.wallMs()).toISOString();
    if (json) {
      write(`${JSON.stringify({ time, level, event, ...fields }, plainErrors)}\n`);
      return;
    }
    const parts = Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `${name}=${textOf(value)}`);
    write([time, level.padEnd(5), event, ...parts].join(' ') + '\n');
  };
  return {
    debug() {},
    info: (event, fields) => line('info', event, fields),
    warn: (event, fields) => line('warn', event, fields),
    error: (event, fields) => line('error', event, fields),
  };
}

function textOf(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value, plainErrors);
  return /[\s"=\p{Cc}]/u.test(text) ? JSON.stringify(text) : text;
}

const plainErrors = (_name: string, value: unknown): unknown =>
  value instanceof Error ? `${value.name}: ${value.message}` : value;
