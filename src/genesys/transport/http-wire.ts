import type { Agent, Dispatcher } from 'undici';
import { codeOf } from '../../lib/error-code.ts';
import {
  WireError,
  type Wire,
  type WireAnswer,
  type WireFailure,
  type WireRequest,
} from './wire.ts';

export interface HttpWireOptions {
  /** Most connections to one host. */
  readonly connections: number;
  /** Largest answer that is read, in bytes. */
  readonly maxAnswerBytes: number;
  /** Longest wait for a connection, in milliseconds. */
  readonly connectTimeoutMs: number;
}

export interface HttpWire extends AsyncDisposable {
  readonly send: Wire;
}

/** Idle connections are kept this long, in milliseconds: shorter than common load balancers' 60 s. */
const KEEP_ALIVE_MS = 30_000;

/**
 * Keep-alive HTTP over undici, which is loaded with the first request. Time-outs are the caller's
 * signal: undici's own would run on the machine's clock.
 */
export function createHttpWire(options: HttpWireOptions): HttpWire {
  let agent: Promise<Agent> | undefined;
  const load = async (): Promise<Agent> => {
    const { Agent } = await import('undici');
    return new Agent({
      connections: options.connections,
      pipelining: 1,
      allowH2: false,
      keepAliveTimeout: KEEP_ALIVE_MS,
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: { timeout: options.connectTimeoutMs },
    });
  };
  return {
    async send(request) {
      agent ??= load();
      return exchange(await agent, request, options.maxAnswerBytes);
    },
    async [Symbol.asyncDispose]() {
      // Nothing is waited for: whoever disposes has ended, or means to end, what is in flight.
      await (await agent)?.destroy();
    },
  };
}

/**
 * The dispatcher's callbacks tell when a request goes on the wire, which its promise interface does
 * not; a change that never left needs no reading back.
 */
function exchange(agent: Agent, request: WireRequest, maxBytes: number): Promise<WireAnswer> {
  return new Promise((resolve, reject) => {
    const { signal, url } = request;
    let isSent = false;
    let abort: ((reason: Error) => void) | undefined;
    const fail = (error: unknown): void => {
      signal.removeEventListener('abort', onAbort);
      reject(error instanceof WireError ? error : toWireError(error, isSent, url));
    };
    const onAbort = (): void => {
      const error = new WireError('aborted', {
        isSent,
        message: `${request.method} ${url.host} was stopped`,
        cause: signal.reason,
      });
      // While it waits for a connection the dispatcher has no controller; it is refused at the start.
      abort?.(error);
      fail(error);
    };
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    const answer = createAnswerReader(maxBytes);
    agent.dispatch(toDispatchOptions(request), {
      onRequestStart(controller) {
        if (signal.aborted) return controller.abort(asError(signal.reason));
        isSent = true;
        abort = (reason) => controller.abort(reason);
      },
      onResponseStart: (_controller, status, headers) => answer.start(status, headers),
      onResponseData(controller, chunk) {
        if (!answer.take(chunk)) controller.abort(tooLarge(url, maxBytes));
      },
      onResponseEnd() {
        signal.removeEventListener('abort', onAbort);
        resolve(answer.finish());
      },
      onResponseError: (_controller, error) => fail(error),
    });
  });
}

function toDispatchOptions(request: WireRequest): Dispatcher.DispatchOptions {
  return {
    origin: request.url.origin,
    path: `${request.url.pathname}${request.url.search}`,
    method: request.method,
    headers: { ...request.headers },
    body: request.body ?? null,
  };
}

interface AnswerReader {
  start(status: number, headers: Readonly<Record<string, string | string[] | undefined>>): void;
  /** Takes a piece of the body; false when the limit is passed. */
  take(chunk: Buffer): boolean;
  finish(): WireAnswer;
}

function createAnswerReader(maxBytes: number): AnswerReader {
  const chunks: Buffer[] = [];
  const headers = new Map<string, string>();
  let status = 0;
  let bytes = 0;
  return {
    start(code, fields) {
      status = code;
      for (const [name, value] of Object.entries(fields)) {
        const first = Array.isArray(value) ? value[0] : value;
        if (first !== undefined) headers.set(name.toLowerCase(), first);
      }
    },
    take(chunk) {
      bytes += chunk.length;
      if (bytes <= maxBytes) chunks.push(chunk);
      return bytes <= maxBytes;
    },
    finish: () => ({ status, headers, body: Buffer.concat(chunks) }),
  };
}

function tooLarge(url: URL, maxBytes: number): WireError {
  return new WireError('too-large', {
    isSent: true,
    message: `the answer of ${url.host} is larger than ${maxBytes} bytes`,
  });
}

function toWireError(error: unknown, isSent: boolean, url: URL): WireError {
  const code = codeOf(error);
  return new WireError(failureOf(code), {
    isSent,
    message: `${url.host}: ${code ?? asError(error).message}`,
    cause: error,
  });
}

const UNREACHABLE: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function failureOf(code: string | undefined): WireFailure {
  if (code === undefined) return 'broken';
  if (UNREACHABLE.has(code)) return 'unreachable';
  return /CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO_/.test(code) ? 'untrusted' : 'broken';
}

function asError(value: unknown): Error {
  return value instanceof Error ? value : new Error(String(value));
}
