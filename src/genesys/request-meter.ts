/** What one request to the platform's API was for and how it went; handed to `onRequest`. */
export interface RequestEvent {
  /** Name of the operation in the platform's API reference: `getConversation`. */
  readonly operation: string;
  readonly method: string;
  readonly lane: string;
  /** 1 is the first try. */
  readonly attempt: number;
  /** undefined when no answer came. */
  readonly status: number | undefined;
  /** Time on the wire, in milliseconds. */
  readonly durationMs: number;
  /** Time before it that was spent waiting for the budget, in milliseconds. */
  readonly waitedMs: number;
  readonly traceId: string | undefined;
  /** The platform's id of this request; quote it to its support. */
  readonly correlationId: string | undefined;
}

/** Counts what a piece of work, such as one turn, spent. Pass one with each of its calls. */
export class RequestMeter {
  #requests = 0;
  #rateLimited = 0;
  #waitedMs = 0;

  /** Requests that were sent, repeated ones included. */
  get requests(): number {
    return this.#requests;
  }

  /** Of these, how many were answered with 429. */
  get rateLimited(): number {
    return this.#rateLimited;
  }

  /** Time spent waiting for the budget, in milliseconds. */
  get waitedMs(): number {
    return this.#waitedMs;
  }

  add(event: Pick<RequestEvent, 'status' | 'waitedMs'>): void {
    this.#requests += 1;
    this.#waitedMs += event.waitedMs;
    if (event.status === 429) this.#rateLimited += 1;
  }
}
