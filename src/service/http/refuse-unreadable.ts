import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { RapportError } from '../../domain/errors.ts';
import { createProblem, PROBLEM_HEADERS, type ProblemParts } from './problem.ts';

/** Answers what is no HTTP, comes too slowly or has too large a head, and closes the connection. */
export function refuseUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  if (socket.writable) socket.write(answerTo(error.code));
  socket.destroy(error);
}

/** What Node would refuse by itself, without a word. It must be told to leave the host to us. */
export function refuseInWords(app: FastifyInstance): void {
  app.server.on('checkExpectation', (_request, response) => {
    const problem = createProblem({
      status: 417,
      code: 'ERR_EXPECTATION',
      detail: 'the header Expect asks for what the service does not do',
      nextStep: 'Leave the header out, or send `100-continue`.',
    });
    response.writeHead(417, { ...PROBLEM_HEADERS, connection: 'close' });
    response.end(JSON.stringify(problem));
  });
  app.addHook('onRequest', async ({ raw }) => {
    if (raw.headers.host !== undefined || raw.httpVersion !== '1.1') return;
    throw new RapportError({
      code: 'ERR_NO_HOST',
      message: 'the request has no Host header',
      nextStep: 'Send one; HTTP/1.1 asks for it.',
    });
  });
}

function answerTo(code: string | undefined): string {
  const problem = createProblem(partsOf(code));
  const body = JSON.stringify(problem);
  return [
    `HTTP/1.1 ${problem.status} ${problem.title}`,
    ...Object.entries(PROBLEM_HEADERS).map(([name, value]) => `${name}: ${value}`),
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
        nextStep: 'Send head and body within 30 seconds.',
      };
    default:
      return {
        status: 400,
        code: 'ERR_NO_HTTP',
        detail: 'this is no HTTP request',
        nextStep: 'Send plain HTTP/1.1; TLS is for a proxy in front of the service.',
      };
  }
}
