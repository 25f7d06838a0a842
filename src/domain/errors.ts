/**
 * What went wrong, as a machine sees it. Every code is listed with its meaning in
 * `docs/reference/errors.md`, which is generated from this file and the rooms' own error files.
 */
export type ErrorCode = `ERR_${string}`;

type Fault = 'user' | 'platform' | 'source' | 'store' | 'ours';

export interface ErrorParts {
  readonly code: ErrorCode;
  /** What failed, with the values involved; never a token, never an attribute's value. */
  readonly message: string;
  /** What the reader should do now. */
  readonly nextStep?: string | undefined;
  /** Whether the same attempt may succeed later with nothing changed. */
  readonly retryable?: boolean | undefined;
  /**
   * Whose it is to fix: the user's (configuration, input) or a defect or outage elsewhere. `store`: the
   * ledger's store is full, broken or away, whatever was asked of it.
   */
  readonly fault?: Fault | undefined;
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  readonly cause?: unknown;
}

/** Base of every error that Rapport throws on purpose. */
export class RapportError extends Error {
  override readonly name: string = 'RapportError';
  readonly code: ErrorCode;
  readonly nextStep: string | undefined;
  readonly retryable: boolean;
  readonly fault: Fault;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(parts: ErrorParts) {
    super(parts.message, parts.cause === undefined ? undefined : { cause: parts.cause });
    this.code = parts.code;
    this.nextStep = parts.nextStep;
    this.retryable = parts.retryable ?? false;
    this.fault = parts.fault ?? 'user';
    this.details = parts.details ?? {};
  }
}

/** True also for an error of another copy of this package in the same process. */
export function isRapportError(error: unknown): error is RapportError {
  return (
    error instanceof RapportError ||
    (error instanceof Error &&
      'code' in error &&
      typeof error.code === 'string' &&
      error.code.startsWith('ERR_') &&
      'nextStep' in error &&
      'retryable' in error)
  );
}

/**
 * The level of a line about a failure. A store that is away has lines of its own, one when it goes and
 * one when it is back: whoever merely meets it says so to who asks for every detail.
 */
export function levelOf<Level extends string>(error: unknown, level: Level): Level | 'debug' {
  return isRapportError(error) && error.fault === 'store' ? 'debug' : level;
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
