import { WebSocket } from 'ws';
import { RapportError } from '../../domain/errors.ts';
import type { ConnectSocket, Socket } from './ports.ts';

/**
 * Largest frame that is read, in bytes. A conversation's frame carries all its participants with
 * all their attributes; the platform's own limit for one request is 512,000.
 */
const MAX_FRAME_BYTES = 4 * 1024 * 1024;
const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]', 'localhost']);

/** Opens real sockets. Plain `ws:` only to this machine: the address is a secret on any other way. */
export const connectWebSocket: ConnectSocket = async (uri, handlers, signal) => {
  assertSafe(uri);
  signal.throwIfAborted();
  const socket = new WebSocket(uri, {
    maxPayload: MAX_FRAME_BYTES,
    perMessageDeflate: false,
    followRedirects: false,
  });
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  let isOpen = false;
  let isOurs = false;

  const close = (): void => {
    isOurs = true;
    signal.removeEventListener('abort', abort);
    socket.terminate();
  };
  const abort = (): void => {
    reject(signal.reason);
    close();
  };
  signal.addEventListener('abort', abort, { once: true });
  socket.on('open', () => {
    isOpen = true;
    signal.removeEventListener('abort', abort);
    resolve({
      send: (text) => socket.send(text),
      pause: () => socket.pause(),
      resume: () => socket.resume(),
      close,
    });
  });
  // Text frames come as one Buffer with ws's default binaryType.
  socket.on('message', (data, isBinary) => {
    if (!isBinary && !isOurs) handlers.onText((data as Buffer).toString('utf8'));
  });
  // An error is always followed by `close`; before `open` it is the answer to the caller.
  socket.on('error', (error) => reject(refused(error)));
  socket.on('close', (code) => {
    signal.removeEventListener('abort', abort);
    if (isOpen && !isOurs) handlers.onClose(code);
    reject(refused(new Error(`closed with code ${code} before it was open`)));
  });
  return promise;
};

function refused(cause: Error): RapportError {
  return new RapportError({
    code: 'ERR_CHANNEL_SOCKET',
    message: `the notification channel's socket could not be opened: ${cause.message}`,
    nextStep:
      'It is tried again. If it keeps failing, allow outgoing wss:// to the streaming host.',
    retryable: true,
    fault: 'platform',
    cause,
  });
}

function assertSafe(uri: string): void {
  const url = URL.parse(uri);
  if (url?.protocol === 'wss:' || (url?.protocol === 'ws:' && LOOPBACK.has(url.hostname))) return;
  throw new RapportError({
    code: 'ERR_CHANNEL_ADDRESS',
    message: `the notification channel's address is not wss:// (got ${url?.protocol ?? 'no URL'})`,
    nextStep: 'Check which API host is configured; a proxy may have answered in its place.',
    fault: 'platform',
  });
}
