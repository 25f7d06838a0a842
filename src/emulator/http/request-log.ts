/** One request to the platform's API or its sign-in, and how it was answered. */
export interface Exchange {
  /** Counts from 1 since the start or the last reset. */
  readonly number: number;
  /** Epoch milliseconds by the emulator's clock. */
  readonly at: number;
  readonly method: string;
  /** As it was sent, with the query. */
  readonly path: string;
  /** Method and template, where a route took it. */
  readonly operation: string | undefined;
  readonly clientId: string | undefined;
  /** `reset` and `silence` are faults: nothing was answered, and `status` is 0. */
  readonly ending: 'answer' | 'reset' | 'silence';
  readonly status: number;
  /** The error's code, for an error. */
  readonly code: string | undefined;
  /** For a wrong path or method: the operation that was probably meant. */
  readonly hint: string | undefined;
  /** Ids of the fault rules that had a hand in it. */
  readonly faults: readonly string[];
  readonly correlationId: string;
  /** As the client sent them, names in lower case; what authorizes is left out. */
  readonly requestHeaders: Readonly<Record<string, string>>;
  readonly requestBody: unknown;
  readonly responseBody: unknown;
  readonly responseHeaders: Readonly<Record<string, string>>;
}

/** Requests that are kept; older ones fall out. */
export const DEFAULT_LOG_SIZE = 5_000;

/** The last requests, oldest first. */
export class RequestLog {
  readonly #size: number;
  #kept: Exchange[] = [];
  #count = 0;

  constructor(size: number = DEFAULT_LOG_SIZE) {
    this.#size = size;
  }

  add(exchange: Omit<Exchange, 'number'>): Exchange {
    const numbered = { ...exchange, number: ++this.#count };
    this.#kept.push(numbered);
    // Not cut one by one: moving the whole list at each request would cost its length.
    const slack = Math.max(100, Math.floor(this.#size / 10));
    if (this.#kept.length >= this.#size + slack) this.#kept = this.#kept.slice(-this.#size);
    return numbered;
  }

  entries(): readonly Exchange[] {
    return this.#kept.slice(-this.#size);
  }

  clear(): void {
    this.#kept = [];
    this.#count = 0;
  }
}
