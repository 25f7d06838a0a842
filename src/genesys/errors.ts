import { RapportError, type ErrorParts } from '../domain/errors.ts';

/** An error body of the platform, as far as it is used. */
export interface PlatformErrorBody {
  readonly code: string | undefined;
  readonly message: string | undefined;
  readonly contextId: string | undefined;
  readonly limitKey: string | undefined;
}

export interface PlatformErrorParts extends ErrorParts {
  /** Name of the operation in the platform's API reference: `getConversation`. */
  readonly operation: string;
  readonly status?: number | undefined;
  readonly platformCode?: string | undefined;
  /** What the platform's support asks for. */
  readonly correlationId?: string | undefined;
  readonly retryAfterMs?: number | undefined;
}

/** A request to the platform failed. */
export class PlatformError extends RapportError {
  override readonly name: string = 'PlatformError';
  readonly operation: string;
  /** HTTP status; undefined when there was no answer. */
  readonly status: number | undefined;
  /** The platform's own error code: `not.found`, `missing.permissions`, … */
  readonly platformCode: string | undefined;
  readonly correlationId: string | undefined;
  /** How long the platform asks to wait, in milliseconds from the answer; its number, not ours. */
  readonly retryAfterMs: number | undefined;

  constructor(parts: PlatformErrorParts) {
    super({
      ...parts,
      fault: parts.fault ?? 'platform',
      details: {
        operation: parts.operation,
        status: parts.status,
        platformCode: parts.platformCode,
        correlationId: parts.correlationId,
        retryAfterMs: parts.retryAfterMs,
        ...parts.details,
      },
    });
    this.operation = parts.operation;
    this.status = parts.status;
    this.platformCode = parts.platformCode;
    this.correlationId = parts.correlationId;
    this.retryAfterMs = parts.retryAfterMs;
  }
}

/**
 * A change was sent, and nothing tells whether the platform took it: no answer came, or one that
 * leaves it open. Read before repeating it.
 */
export class InDoubtError extends PlatformError {
  override readonly name: string = 'InDoubtError';

  constructor(parts: Omit<PlatformErrorParts, 'code' | 'nextStep' | 'retryable'>) {
    super({
      ...parts,
      code: 'ERR_GENESYS_IN_DOUBT',
      retryable: true,
      nextStep: 'Read what is there before sending it again: it may have been applied.',
    });
  }
}

export function isPlatformError(error: unknown): error is PlatformError {
  return error instanceof PlatformError;
}

export function isInDoubt(error: unknown): error is InDoubtError {
  return error instanceof InDoubtError;
}
