import type { Dispatcher } from 'undici';

export interface HttpRequest {
  readonly method: Dispatcher.HttpMethod;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** Whether the body of an answer with this status is kept; of any other it is thrown away. */
  readonly wantsBody: (status: number) => boolean;
  /** Largest body that is kept. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Empty when it was thrown away. */
  readonly body: Buffer | 'too-large';
}

/** How much of an unwanted body is read so that its connection can be used again, in bytes. */
const DUMPED_BYTES = 16_384;

/**
 * One request and its whole answer, by the dispatcher's callbacks: its promise interface makes a
 * stream of each body, which costs more than all the rest. Rejects with the signal's reason, or with
 * what broke the connection.
 */
export function exchange(dispatcher: Dispatcher, request: HttpRequest): Promise<HttpAnswer> {
  const { signal, url } = request;
  return new Promise((resolve, reject) => {
    const reader = new AnswerReader(request);
    let stop: ((reason: Error) => void) | undefined;
    const onAbort = (): void => {
      reject(signal.reason);
      stop?.(STOPPED);
    };
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    const end = (): void => signal.removeEventListener('abort', onAbort);
    dispatcher.dispatch(
      {
        origin: url.origin,
        path: `${url.pathname}${url.search}`,
        method: request.method,
        headers: request.headers,
        body: request.body ?? null,
      },
      {
        onRequestStart(controller) {
          if (signal.aborted) controller.abort(STOPPED);
          else stop = (reason) => controller.abort(reason);
        },
        onResponseStart: (_controller, status, headers) => reader.start(status, headers),
        onResponseData(controller, chunk) {
          if (!reader.take(chunk)) controller.abort(STOPPED);
        },
        onResponseEnd() {
          end();
          resolve(reader.answer());
        },
        onResponseError(_controller, error) {
          end();
          // What becomes of a body that nobody wants changes nothing about the answer.
          if (reader.isSettled) resolve(reader.answer());
          else reject(error);
        },
      },
    );
  });
}

/** Why the rest of an answer is not read; nobody sees it. */
const STOPPED = new Error('no more of it is wanted');

class AnswerReader {
  readonly #request: HttpRequest;
  readonly #chunks: Buffer[] = [];
  #status = 0;
  #headers: HttpAnswer['headers'] = {};
  #bytes = 0;
  #isWanted = true;
  #isTooLarge = false;

  constructor(request: HttpRequest) {
    this.#request = request;
  }

  start(status: number, headers: HttpAnswer['headers']): void {
    this.#status = status;
    this.#headers = headers;
    this.#isWanted = this.#request.wantsBody(status);
  }

  /** False when no more is to be read. */
  take(chunk: Buffer): boolean {
    this.#bytes += chunk.length;
    if (!this.#isWanted) return this.#bytes <= DUMPED_BYTES;
    this.#isTooLarge = this.#bytes > this.#request.maxBytes;
    if (!this.#isTooLarge) this.#chunks.push(chunk);
    return !this.#isTooLarge;
  }

  /** Whether more of it, or none, would change the answer. */
  get isSettled(): boolean {
    return !this.#isWanted || this.#isTooLarge;
  }

  answer(): HttpAnswer {
    const body = this.#isTooLarge ? 'too-large' : Buffer.concat(this.#chunks);
    return { status: this.#status, headers: this.#headers, body };
  }
}
