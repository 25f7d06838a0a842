/**
 * Where a room says what happened: an event name such as `channel.lost` and fields. Never a token
 * and never an attribute's value; ids, counts, codes and durations are fine.
 */
export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

export type LogFields = Readonly<Record<string, unknown>>;

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** A log whose every line says this too. */
export function withFields(log: Log, more: LogFields): Log {
  return {
    debug: (event, fields) => log.debug(event, { ...more, ...fields }),
    info: (event, fields) => log.info(event, { ...more, ...fields }),
    warn: (event, fields) => log.warn(event, { ...more, ...fields }),
    error: (event, fields) => log.error(event, { ...more, ...fields }),
  };
}
