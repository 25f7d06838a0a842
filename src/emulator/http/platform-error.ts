/** One cause inside an error body. */
export interface ErrorDetail {
  readonly errorCode: string;
  readonly fieldName?: string;
  readonly entityId?: string;
  readonly entityName?: string;
}

export interface PlatformErrorParts {
  readonly status: number;
  /** The platform's own code, e.g. `not.found`. */
  readonly code: string;
  readonly message: string;
  readonly messageParams?: Readonly<Record<string, string>> | undefined;
  readonly messageWithParams?: string | undefined;
  readonly details?: readonly ErrorDetail[] | undefined;
  readonly limit?:
    | { readonly key: string; readonly namespace: string; readonly value: number }
    | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** An answer that is not a success, thrown by handlers and written as the platform's ErrorBody. */
export class PlatformError extends Error {
  override readonly name = 'PlatformError';
  readonly status: number;
  readonly code: string;
  readonly parts: PlatformErrorParts;

  constructor(parts: PlatformErrorParts) {
    super(parts.message);
    this.status = parts.status;
    this.code = parts.code;
    this.parts = parts;
  }
}

/** The platform's ErrorBody; `contextId` pairs with the answer's `ININ-Correlation-Id`. */
export interface ErrorBody {
  readonly message: string;
  readonly code: string;
  readonly status: number;
  readonly messageParams?: Readonly<Record<string, string>> | undefined;
  readonly messageWithParams?: string | undefined;
  readonly contextId: string;
  readonly details: readonly ErrorDetail[];
  readonly errors: readonly [];
  readonly limit?:
    | { readonly key: string; readonly namespace: string; readonly value: number }
    | undefined;
}

export function toErrorBody(error: PlatformError, contextId: string): ErrorBody {
  const { message, code, status, messageParams, messageWithParams, details, limit } = error.parts;
  return {
    message,
    code,
    status,
    messageParams,
    messageWithParams,
    contextId,
    details: details ?? [],
    errors: [],
    limit,
  };
}
