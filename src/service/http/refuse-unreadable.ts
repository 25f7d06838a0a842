import type { Socket } from 'node:net';
import { createProblem, type ProblemParts } from './problem.ts';

/** Answers what is no HTTP, comes too slowly or has too large a head, and closes the connection. */
export function refuseUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  if (socket.writable) socket.write(answerTo(error.code));
  socket.destroy(error);
}

function answerTo(code: string | undefined): string {
  const problem = createProblem(partsOf(code));
  const body = JSON.stringify(problem);
  return [
    `HTTP/1.1 ${problem.status} ${problem.title}`,
    'content-type: application/problem+json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
    '',
    body,
  ].join('\r\n');
}

function partsOf(code: string | undefined): ProblemParts {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return {
        status: 431,
        code: 'ERR_HEAD_TOO_LARGE',
        detail: 'the head of this request is too large',
        nextStep: 'Send less in path and headers; service.maxHeaderBytes sets the limit.',
      };
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return {
        status: 408,
        code: 'ERR_REQUEST_TOO_SLOW',
        detail: 'the request did not arrive in time',
      };
    default:
      return { status: 400, code: 'ERR_NO_HTTP', detail: 'this is no HTTP request' };
  }
}
