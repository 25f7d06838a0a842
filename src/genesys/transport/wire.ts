/** One HTTP exchange, below tokens, budget and retries. */
export interface WireRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Absolute URL. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly signal: AbortSignal;
}

export interface WireAnswer {
  readonly status: number;
  /** Names in lower case; of a repeated header, the first value. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

/** Sends one request and reads its whole answer. Rejects with `WireError` when there is none. */
export type Wire = (request: WireRequest) => Promise<WireAnswer>;

/** What is known of a request that got no answer. */
export type WireFailure =
  /** Nothing listens at that address, or its name does not resolve. */
  | 'unreachable'
  /** The other side's certificate is not trusted, or it does not speak TLS. */
  | 'untrusted'
  /** The connection broke. */
  | 'broken'
  /** The caller's signal aborted it: a time-out or a stop. */
  | 'aborted'
  /** The answer was larger than the limit. */
  | 'too-large';

export class WireError extends Error {
  override readonly name = 'WireError';
  readonly failure: WireFailure;
  /** Whether the other side may have seen the request. */
  readonly isSent: boolean;

  constructor(failure: WireFailure, parts: { isSent: boolean; message: string; cause?: unknown }) {
    super(parts.message, { cause: parts.cause });
    this.failure = failure;
    this.isSent = parts.isSent;
  }
}
