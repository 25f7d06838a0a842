import { pino, type Logger } from 'pino';
import type { Clock } from '../../lib/clock.ts';
import type { Log, LogFields, LogLevel } from '../../lib/log.ts';
import { createRedaction, maskMembers, REDACTED_PATHS } from './redact.ts';
import { toTerminalLine } from './terminal-line.ts';

export interface ServiceLogOptions {
  readonly write: (line: string) => void;
  readonly clock: Clock;
  readonly level: LogLevel;
  /** `json`: one object a line, for machines; `text`: a line for people. */
  readonly form: 'json' | 'text';
  /** Texts that no line may show: passwords, tokens and keys of the configuration. */
  readonly secrets: readonly string[];
}

export interface ServiceLog extends Log {
  /** Shows these in no line either, from now on. */
  hide(secrets: readonly string[]): void;
}

/**
 * The service's log, written by pino. Each line has `time`, `level` and `event` first, then the
 * event's own fields; whatever concerns a conversation carries its `traceId`.
 */
export function createServiceLog(options: ServiceLogOptions): ServiceLog {
  const { write, clock, level, form } = options;
  let { secrets } = options;
  let redact = createRedaction(secrets);
  const stream = {
    write: (line: string) => {
      const safe = redact(line);
      write(form === 'json' ? safe : toTerminalLine(safe));
    },
  };
  const log = toLog(
    pino(
      {
        level,
        base: null,
        timestamp: () => `,"time":"${new Date(clock.wallMs()).toISOString()}"`,
        formatters: { level: (label) => ({ level: label }), log: toPlain },
        redact: { paths: [...REDACTED_PATHS], censor: '***' },
      },
      stream,
    ),
  );
  return {
    ...log,
    hide(more) {
      // What was a secret stays one: whoever still holds it may still fail with it in a message.
      secrets = [...new Set([...secrets, ...more])];
      redact = createRedaction(secrets);
    },
  };
}

/** Where a room's events become lines of a pino logger. */
export function toLog(logger: Pick<Logger, LogLevel>): Log {
  return {
    debug: (event, fields) => logger.debug({ event, ...fields }),
    info: (event, fields) => logger.info({ event, ...fields }),
    warn: (event, fields) => logger.warn({ event, ...fields }),
    error: (event, fields) => logger.error({ event, ...fields }),
  };
}

/** An error in a field is named; its stack, which may quote what it was given, stays out. */
function toPlain(fields: LogFields): Record<string, unknown> {
  const plain: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) plain[name] = plainOf(value);
  return plain;
}

function plainOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return value instanceof Error ? `${value.name}: ${value.message}` : maskMembers(value);
}
